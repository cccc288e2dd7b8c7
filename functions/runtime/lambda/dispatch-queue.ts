import { SQSClient } from "@aws-sdk/client-sqs";
import type { Hints } from "../../../shared/ports/hints.ts";
import { awsClientDefaults } from "../../adapters/aws/aws-call.ts";
import { type FairBy, openSqsHints } from "../../adapters/aws/sqs-hints.ts";
import type { LambdaHost } from "./lambda-host.ts";

/** Hints to the dispatcher, for the functions that may send them. */
export function openDispatchQueue(
  host: Pick<LambdaHost, "clock" | "log" | "meter">,
  environment: { readonly DISPATCH_QUEUE_URL: string; readonly FAIR_QUEUE: FairBy },
): Hints {
  return openSqsHints({
    ...host,
    client: new SQSClient(awsClientDefaults),
    queueUrl: environment.DISPATCH_QUEUE_URL,
    fairBy: environment.FAIR_QUEUE,
  });
}
