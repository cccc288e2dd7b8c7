import { defineTask } from "../../client/task/define-task.ts";

/** Greets somebody, and says so in its log. */
export const handler = defineTask({
  handler: ({ name = "world" }: { readonly name?: string } = {}, context) => {
    context.log.info("greeting", { name });
    return { greeting: `Hello, ${name}!` };
  },
});
