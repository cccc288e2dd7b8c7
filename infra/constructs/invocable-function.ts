import { Duration, RemovalPolicy, Tags } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import {
  type Alias,
  Architecture,
  type FunctionProps,
  Function as LambdaFunction,
  Runtime,
} from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { IQueue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { invocableTag } from "../../shared/contract/function-tags.ts";
import { limits } from "../../shared/core/limits.ts";
import { queueDestination } from "./queue-destination.ts";

export interface InvocableOptions {
  /** Switchyard's completion queue: `Queue.fromQueueArn` of the stack's CompletionQueueArn output. */
  readonly completionQueue: IQueue;
  /**
   * Name of the alias that tasks refer to; a deployment moves it, and running attempts are not touched.
   * @default "live"
   */
  readonly aliasName?: string;
  /**
   * How long an attempt may wait inside Lambda for a free place. An older one would only start work
   * that Switchyard has given up in the meantime.
   * @default - the time an attempt has when its task says nothing, five minutes
   */
  readonly waitMax?: Duration;
}

/**
 * Marks a function as one that Switchyard may run, and makes it report: results and failures of
 * asynchronous calls go to the completion queue, and Lambda itself never tries again, because
 * retrying is Switchyard's to decide. Answers with the alias whose ARN belongs into the task.
 */
export function makeInvocable(fn: LambdaFunction, options: InvocableOptions): Alias {
  if (fn.role === undefined) throw new Error(`${fn.node.path} has no role to grant sending to`);
  Tags.of(fn).add(invocableTag.key, invocableTag.value);
  const destination = queueDestination(options.completionQueue);
  // On the alias: settings of the function itself would only hold for $LATEST.
  const alias = fn.addAlias(options.aliasName ?? "live", {
    retryAttempts: 0,
    maxEventAge: options.waitMax ?? Duration.seconds(limits.attemptTimeoutSecondsDefault),
    onSuccess: destination,
    onFailure: destination,
  });
  const send = new PolicyStatement({
    actions: ["sqs:SendMessage"],
    resources: [options.completionQueue.queueArn],
  });
  // Creating the alias' configuration checks that the role may send.
  const granted = fn.role.addToPrincipalPolicy(send).policyDependable;
  if (granted !== undefined) alias.node.addDependency(granted);
  return alias;
}

export interface InvocableFunctionProps
  extends Pick<
      FunctionProps,
      "code" | "handler" | "description" | "environment" | "memorySize" | "timeout"
    >,
    InvocableOptions {
  /** Physical name: tasks name the function by it, and its log group follows from it. */
  readonly functionName: string;
  /** @default RetentionDays.TWO_WEEKS */
  readonly logRetention?: RetentionDays;
}

/** A Lambda function for Switchyard to run: arm64, Node 24, its log readable through the API. */
export class InvocableFunction extends Construct {
  readonly function: LambdaFunction;
  /** What a task's `run.lambda.functionArn` is set to. */
  readonly alias: Alias;

  constructor(scope: Construct, id: string, props: InvocableFunctionProps) {
    super(scope, id);
    const { completionQueue, aliasName, waitMax, logRetention, ...functionProps } = props;
    refuseControlPlaneName(props.functionName);
    const logGroup = new LogGroup(this, "Log", {
      logGroupName: `/aws/lambda/${props.functionName}`,
      retention: logRetention ?? RetentionDays.TWO_WEEKS,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    Tags.of(logGroup).add(invocableTag.key, invocableTag.value);
    const role = new Role(this, "Role", {
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    role.addToPolicy(
      new PolicyStatement({
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [logGroup.logGroupArn],
      }),
    );
    this.function = new LambdaFunction(this, "Function", {
      ...functionProps,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      role,
      logGroup,
    });
    this.alias = makeInvocable(this.function, {
      completionQueue,
      ...(aliasName === undefined ? {} : { aliasName }),
      ...(waitMax === undefined ? {} : { waitMax }),
    });
  }
}

// The dispatcher is denied every function with this beginning, tagged or not.
function refuseControlPlaneName(functionName: string): void {
  if (!functionName.startsWith("switchyard-")) return;
  throw new Error(
    `"${functionName}": names that start with "switchyard-" belong to the control plane, and Switchyard never runs those; choose another name`,
  );
}
