import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import { Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";
import { invocableTag } from "../../../shared/contract/function-tags.ts";
import type { ExecutionPlace } from "../../stacks/execution-stack.ts";
import { acknowledge } from "../acknowledge.ts";
import { executionNames } from "../execution/execution-names.ts";
import { type PlacingProps, placing } from "../execution/placing.ts";
import { grantRunning } from "../execution/run-rights.ts";
import { grantPayloads, type PayloadsRef } from "../payload-access.ts";
import {
  type ControlPlaneFunctionProps,
  functionPrefix,
  logging,
  SwitchyardFunction,
} from "./switchyard-function.ts";
import { grantTable, type TableRef, tableAccess } from "./table-access.ts";

export interface DispatchFunctionProps extends ControlPlaneFunctionProps {
  readonly table: TableRef;
  readonly placing: PlacingProps;
  readonly payloads: PayloadsRef;
  /** Absent: nothing runs in containers. */
  readonly execution?: { readonly place: ExecutionPlace; readonly apiUrl: string } | undefined;
}

/** How long one batch of hints may take; the queue's visibility timeout follows from it. */
export const dispatchTimeout = Duration.seconds(30);

/**
 * Looks at hinted instances and starts their attempts: the only function that may run anything, and
 * of the account's functions only those tagged for it. It consumes the hints and cannot send any, so
 * that no chain of messages can feed itself.
 */
export class DispatchFunction extends SwitchyardFunction<"dispatch"> {
  constructor(scope: Construct, id: string, props: DispatchFunctionProps) {
    super(scope, id, {
      ...props,
      name: "dispatch",
      description: "Switchyard: looks at hinted instances and starts their attempts",
      environment: {
        ...logging(props),
        TABLE_NAME: props.table.tableName,
        ACCOUNT_ID: Stack.of(scope).account,
        CONTROL_PLANE_FUNCTION_PREFIX: functionPrefix(props.stage),
        ...placing(props.placing),
        ...runningIn(props),
        PAYLOAD_BUCKET: props.payloads.bucketName,
      },
      roleName: executionNames.dispatchRole(props.stage),
      // Ten instances at a time, each up to 350 KB, and a cold start in the path of a submission.
      memoryMb: 512,
      // Ten claims and starts take under two seconds; the rest is room for throttled calls.
      timeout: dispatchTimeout,
    });
    grantTable(this.role, props.table, tableAccess.dispatch);
    grantPayloads(this.role, props.payloads, { instances: ["PutObject", "GetObject"] });
    if (props.execution !== undefined) grantRunning(this.role, props.execution.place, props.stage);
    this.allowTaggedFunctions(props.stage);
  }

  private allowTaggedFunctions(stage: string): void {
    const functionArn = (name: string) =>
      Stack.of(this).formatArn({
        service: "lambda",
        resource: "function",
        resourceName: name,
        arnFormat: ArnFormat.COLON_RESOURCE_NAME,
      });
    this.role.addToPolicy(
      new PolicyStatement({
        sid: "RunTaggedFunctions",
        actions: ["lambda:InvokeFunction"],
        resources: [functionArn("*")],
        conditions: {
          StringEquals: { [`aws:ResourceTag/${invocableTag.key}`]: invocableTag.value },
        },
      }),
    );
    // A tag put on everything by mistake, on a whole stack for instance, must not open this door.
    this.role.addToPolicy(
      new PolicyStatement({
        sid: "NeverTheControlPlane",
        effect: Effect.DENY,
        actions: ["lambda:InvokeFunction"],
        resources: [functionArn(`${functionPrefix(stage)}*`)],
      }),
    );
    const prefix = "arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:function:";
    acknowledge(this.role, {
      [`AwsSolutions-IAM5[Resource::${prefix}*]`]:
        "Tasks name functions at run time; the condition on the function's tag limits the call to those whose owner marked them as Switchyard's to run.",
    });
  }
}

/** Where dispatch starts containers, and where those report to. */
function runningIn({ execution, stage }: DispatchFunctionProps) {
  if (execution === undefined) return {};
  const { place, apiUrl } = execution;
  return {
    CLUSTER_ARN: place.clusterArn,
    FARGATE_SUBNETS: place.subnetIds.join(","),
    FARGATE_SECURITY_GROUPS: place.securityGroupIds.join(","),
    RUNNER_FAMILY: executionNames.runnerFamily(stage),
    RUNNER_FAMILY_PYTHON: place.pythonRunnerFamily,
    TASK_FAMILY_PREFIX: executionNames.taskFamilyPrefix(stage),
    API_URL: apiUrl,
  };
}
