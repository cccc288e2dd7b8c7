import { defineTask } from "../../client/task/define-task.ts";

/** Ends its own process in the middle of its work. */
export const handler = defineTask({
  handler: ({ code = 1 }: { readonly code?: number } = {}, { log }) => {
    log.warn("about to end the process", { code });
    process.exit(code);
  },
});
