import { defineTask } from "../../client/task/define-task.ts";

/** Fails in its first attempts, to be watched being retried. */
export const handler = defineTask({
  handler: ({ failures = 2 }: { readonly failures?: number } = {}, { attempt, log }) => {
    if (attempt <= failures) throw new Error(`attempt ${attempt} of ${failures} that fail`);
    log.info("this time it works", { attempt });
    return { attempts: attempt };
  },
});
