import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { AnyFunctionName } from "../../../shared/contract/env.ts";
import { grantSend } from "../queue-access.ts";
import type { MirrorFunction } from "./mirror-function.ts";
import type { SwitchyardFunction } from "./switchyard-function.ts";
import type { WebhookFunction } from "./webhook-function.ts";

/** Whom a function may ask to look at records; what is absent it leaves to the timekeeper. */
export interface RecordHintingProps {
  readonly intakeQueue?: IQueue | undefined;
  readonly mirror?: MirrorFunction | undefined;
  readonly webhook?: WebhookFunction | undefined;
}

/** The part of a function's environment that says where hints about records go. */
export function recordHinting({ intakeQueue, mirror, webhook }: RecordHintingProps): {
  readonly INTAKE_QUEUE_URL?: string;
  readonly MIRROR_FUNCTION?: string;
  readonly WEBHOOK_FUNCTION?: string;
} {
  return {
    ...(intakeQueue === undefined ? {} : { INTAKE_QUEUE_URL: intakeQueue.queueUrl }),
    ...(mirror === undefined ? {} : { MIRROR_FUNCTION: mirror.function.functionName }),
    ...(webhook === undefined ? {} : { WEBHOOK_FUNCTION: webhook.function.functionName }),
  };
}

/** Lets a role ask; what is to be done stands in the records, not in the question. */
export function allowRecordHints(
  role: Role,
  { intakeQueue, mirror, webhook }: RecordHintingProps,
): void {
  if (intakeQueue !== undefined) grantSend(role, intakeQueue);
  const asked: SwitchyardFunction<AnyFunctionName>[] = [];
  if (mirror !== undefined) asked.push(mirror);
  if (webhook !== undefined) asked.push(webhook);
  for (const { function: callee } of asked) {
    role.addToPolicy(
      new PolicyStatement({ actions: ["lambda:InvokeFunction"], resources: [callee.functionArn] }),
    );
  }
}
