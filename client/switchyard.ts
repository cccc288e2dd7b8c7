/** What `import … from "switchyard"` offers: writing tasks, and talking to a server. */
export type {
  CallOptions,
  InstanceFilter,
  PurgeRequest,
  SubmitOutcome,
  SwitchyardClient,
} from "./sdk/client.ts";
export { openClient } from "./sdk/open-client.ts";
export { SwitchyardError } from "./sdk/switchyard-error.ts";
export { defineTask } from "./task/define-task.ts";
export { FinalError } from "./task/final-error.ts";
export type { TaskContext } from "./task/task-context.ts";
