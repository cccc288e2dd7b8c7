import type { AnyFunctionName } from "../../shared/contract/env.ts";
import { acknowledge } from "../constructs/acknowledge.ts";
import type { SwitchyardFunction } from "../constructs/lambda/switchyard-function.ts";

export interface InvocationKinds {
  /** Called by the HTTP API, a queue's poller or a stream's poller, which wait for the answer. */
  readonly sync: readonly SwitchyardFunction<AnyFunctionName>[];
  /** Called without anybody waiting. */
  readonly async: readonly SwitchyardFunction<AnyFunctionName>[];
}

const noTracing =
  "Tracing bills every request and adds to every cold start; each line of the log carries the instance id, by which a task is followed through all functions.";
const syncOnly =
  "Nobody calls this function asynchronously: its caller waits for the answer, and the queue or stream behind that caller has the dead-letter queue.";
const hasDestination =
  "The function's on-failure destination takes failed calls; unlike a dead-letter queue of the function it also says why they failed.";

/** Findings of cdk-nag's serverless pack that hold for all functions alike, each with its reason. */
export function acknowledgeServerlessDefaults({ sync, async }: InvocationKinds): void {
  for (const fn of [...sync, ...async]) acknowledge(fn, { "Serverless-LambdaTracing": noTracing });
  for (const fn of sync) {
    acknowledge(fn, { "Serverless-LambdaDLQ": syncOnly });
  }
  for (const fn of async) acknowledge(fn, { "Serverless-LambdaDLQ": hasDestination });
}
