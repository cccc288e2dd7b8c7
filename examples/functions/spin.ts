import { defineTask } from "../../client/task/define-task.ts";

/** Keeps its process busy for ever: no signal can reach it. */
export const handler = defineTask({
  handler: (_input: unknown, { log }) => {
    log.info("spinning");
    for (;;);
  },
});
