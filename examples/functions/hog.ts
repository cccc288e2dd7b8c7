import { defineTask } from "../../client/task/define-task.ts";

/** Takes memory until somebody stops it. */
export const handler = defineTask({
  handler: async (_input: unknown, { log }) => {
    const taken: number[][] = [];
    for (;;) {
      taken.push(new Array<number>(100_000).fill(taken.length));
      if (taken.length % 20 === 0) log.info("took more", { arrays: taken.length });
      await new Promise(setImmediate);
    }
  },
});
