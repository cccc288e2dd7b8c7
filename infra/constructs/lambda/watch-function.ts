import { Duration } from "aws-cdk-lib";
import { Code } from "aws-cdk-lib/aws-lambda";
import { ContextAttribute } from "aws-cdk-lib/aws-scheduler";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { WatchMessage } from "../../../shared/contract/messages.ts";
import { limits } from "../../../shared/core/limits.ts";
import { acknowledge } from "../acknowledge.ts";
import { type PlacingProps, placing } from "../execution/placing.ts";
import { InvocableFunction } from "../invocable-function.ts";
import { grantSend, type HintingProps, hinting } from "../queue-access.ts";
import { queueDestination } from "../queue-destination.ts";
import { RegularCall } from "../regular-call.ts";
import {
  type ControlPlaneFunctionProps,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface WatchFunctionProps extends ControlPlaneFunctionProps, HintingProps {
  readonly table: TableRef;
  readonly placing: PlacingProps;
  /** The canary, if there is one. */
  readonly canary: InvocableFunction | undefined;
  /** Gets notes about calls that failed for good. */
  readonly deadLetters: IQueue;
}

const period = Duration.millis(limits.canaryEveryMs);

/**
 * The dead-man's switch: looks, by a schedule of its own, for what should have happened and has not,
 * and sends a canary through the whole plane. It needs nobody whom it watches.
 */
export class WatchFunction extends SwitchyardFunction<"watch"> {
  constructor(scope: Construct, id: string, props: WatchFunctionProps) {
    super(scope, id, {
      ...props,
      name: "watch",
      description: "Switchyard: looks for what should have happened, and sends canaries",
      environment: {
        ...logging(props),
        ...hinting(props),
        ...placing(props.placing),
        TABLE_NAME: props.table.tableName,
        CANARY_FUNCTION_ARN: props.canary?.alias.functionArn,
      },
      memoryMb: 256,
      timeout: Duration.minutes(2),
    });
    grantTable(this.role, props.table, tableAccess.watch);
    grantSend(this.role, props.dispatchQueue);
    grantSend(this.role, props.deadLetters);
    this.function.configureAsyncInvoke({
      retryAttempts: 1,
      maxEventAge: period,
      onFailure: queueDestination(props.deadLetters),
    });
    const input = { kind: "watch", scheduledAt: ContextAttribute.scheduledTime };
    new RegularCall(this, "Round", {
      callee: this,
      description: "Switchyard: calls the watch",
      every: period,
      input: WatchMessage.parse(input),
      deadLetters: props.deadLetters,
    });
  }
}

/** A function that does nothing: whether it is run shows whether everything is. */
export function canaryFunction(
  scope: Construct,
  id: string,
  {
    stage,
    completions,
    logRetentionDays,
  }: Pick<ControlPlaneFunctionProps, "stage" | "logRetentionDays"> & {
    readonly completions: IQueue;
  },
): InvocableFunction {
  const canary = new InvocableFunction(scope, id, {
    functionName: `canary-of-switchyard-${stage}`,
    description: "Switchyard's canary: does nothing, every five minutes",
    code: Code.fromInline("exports.handler = async () => ({ alive: true });"),
    handler: "index.handler",
    memorySize: 128,
    timeout: Duration.seconds(10),
    completionQueue: completions,
    logRetention: logRetentionDays,
  });
  acknowledge(canary.function, {
    "Serverless-LambdaDLQ":
      "Its alias has an on-failure destination: a canary that fails is reported like any other task's failure.",
    "Serverless-LambdaTracing":
      "It does nothing that could be traced, and tracing bills every request.",
  });
  return canary;
}
