import { defineTask } from "../../client/task/define-task.ts";

/** Greets somebody. */
export const handler = defineTask({
  handler: ({ name = "world" }: { readonly name?: string } = {}) => ({
    greeting: `Hello, ${name}!`,
  }),
});
