/** What `import … from "switchyard"` offers: writing tasks, and talking to a server. */
export type {
  CallOptions,
  InstanceFilter,
  PurgeRequest,
  SubmitOutcome,
  SwitchyardClient,
} from "./sdk/client.ts";
export { openNodeTransport } from "./sdk/node-transport.ts";
export { type ClientOptions, openClient } from "./sdk/open-client.ts";
export type { RuleSetBody, RulesClient } from "./sdk/rules-calls.ts";
export { type AwsSigning, signForAws } from "./sdk/sign-aws.ts";
export { SwitchyardError } from "./sdk/switchyard-error.ts";
export type { SubmitRequest, TaskInstance } from "./sdk/task-types.ts";
export type { Transport, TransportAnswer, TransportRequest } from "./sdk/transport.ts";
export {
  InvalidWebhookError,
  type VerifiedWebhook,
  type VerifyOptions,
  verifyWebhook,
} from "./sdk/verify-webhook.ts";
export type { WaitOptions } from "./sdk/wait-entry.ts";
export { defineTask } from "./task/define-task.ts";
export { FinalError } from "./task/final-error.ts";
export type { TaskContext } from "./task/task-context.ts";
