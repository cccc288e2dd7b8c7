import type { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import type { RecordHints } from "../../../shared/ports/record-hints.ts";
import { awsClientDefaults } from "../../adapters/aws/aws-call.ts";
import { openSqsRecordHints } from "../../adapters/aws/sqs-record-hints.ts";
import type { LambdaHost } from "./lambda-host.ts";

export interface RecordHintEnvironment {
  readonly INTAKE_QUEUE_URL?: string | undefined;
  readonly MIRROR_FUNCTION?: string | undefined;
  readonly WEBHOOK_FUNCTION?: string | undefined;
}

/**
 * Hints about records, as a part of what is composed, to whomever this function may tell. The client
 * of Lambda is loaded with its first use, which most calls never come to.
 */
export function openRecordHints(
  host: Pick<LambdaHost, "clock" | "log" | "meter">,
  environment: RecordHintEnvironment,
): { readonly recordHints: RecordHints } {
  const queueUrl = environment.INTAKE_QUEUE_URL;
  let opening: Promise<LambdaClient> | undefined;
  return {
    recordHints: openSqsRecordHints({
      ...host,
      ...(queueUrl === undefined
        ? {}
        : { intake: { client: new SQSClient(awsClientDefaults), queueUrl } }),
      lambda: () => {
        opening ??= openLambda();
        return opening;
      },
      mirrorFunction: environment.MIRROR_FUNCTION,
      webhookFunction: environment.WEBHOOK_FUNCTION,
    }),
  };
}

async function openLambda(): Promise<LambdaClient> {
  const { LambdaClient } = await import("@aws-sdk/client-lambda");
  return new LambdaClient(awsClientDefaults);
}
