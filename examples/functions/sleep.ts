import { setTimeout as sleep } from "node:timers/promises";
import { defineTask } from "../../client/task/define-task.ts";

const beatEveryMs = 1_000;

/** Waits, gives signs of life, and stops waiting when it is cancelled or its time is up. */
export const handler = defineTask({
  handler: async ({ ms = 1_000 }: { readonly ms?: number } = {}, { signal, heartbeat }) => {
    const wakeAtMs = Date.now() + ms;
    for (let leftMs = ms; leftMs > 0; leftMs = wakeAtMs - Date.now()) {
      await sleep(Math.min(leftMs, beatEveryMs), undefined, { signal });
      heartbeat({ leftMs: Math.max(0, wakeAtMs - Date.now()) });
    }
    return { sleptMs: ms };
  },
});
