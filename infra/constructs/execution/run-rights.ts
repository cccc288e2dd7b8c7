import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { ExecutionPlace } from "../../stacks/execution-stack.ts";
import { acknowledge } from "../acknowledge.ts";
import { executionNames } from "./execution-names.ts";

/**
 * Lets dispatch start, look at and stop containers: in this cluster alone, of these families alone,
 * and handing over exactly the roles that the runners' definitions name.
 */
export function grantRunning(role: Role, place: ExecutionPlace, stage: string): void {
  const stack = Stack.of(role);
  const arn = (resource: string, resourceName: string) =>
    stack.formatArn({
      service: "ecs",
      resource,
      resourceName,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  const inCluster = { ArnEquals: { "ecs:cluster": place.clusterArn } };
  const families = [
    `${executionNames.runnerFamily(stage)}:*`,
    ...(place.pythonRunnerFamily === undefined ? [] : [`${place.pythonRunnerFamily}:*`]),
    `${executionNames.taskFamilyPrefix(stage)}*:*`,
  ];
  const tasks = arn("task", `${executionNames.cluster(stage)}/*`);
  role.addToPolicy(
    new PolicyStatement({
      sid: "RunOurFamilies",
      actions: ["ecs:RunTask"],
      resources: families.map((family) => arn("task-definition", family)),
      conditions: inCluster,
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      sid: "LookAtAndStopRuns",
      actions: ["ecs:DescribeTasks", "ecs:StopTask"],
      resources: [tasks],
    }),
  );
  role.addToPolicy(
    // The action takes no resource but container instances, which Fargate does not have.
    new PolicyStatement({
      sid: "FindRuns",
      actions: ["ecs:ListTasks"],
      resources: ["*"],
      conditions: inCluster,
    }),
  );
  role.addToPolicy(
    new PolicyStatement({
      sid: "HandOverRunnerRoles",
      actions: ["iam:PassRole"],
      resources: [...place.passedRoleArns],
      conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
    }),
  );
  acknowledgeRunning(role, families, stage);
}

function acknowledgeRunning(role: Role, families: readonly string[], stage: string): void {
  const prefix = "arn:<AWS::Partition>:ecs:<AWS::Region>:<AWS::AccountId>";
  const newest =
    "A deployment makes a new revision of a family; the dispatcher starts the newest and may start no other family.";
  acknowledge(role, {
    ...Object.fromEntries(
      families.map((family) => [
        `AwsSolutions-IAM5[Resource::${prefix}:task-definition/${family}]`,
        newest,
      ]),
    ),
    [`AwsSolutions-IAM5[Resource::${prefix}:task/${executionNames.cluster(stage)}/*]`]:
      "Tasks get their names as they start; all of this cluster are Switchyard's.",
    "AwsSolutions-IAM5[Resource::*]":
      "Listing tasks takes no resource; the condition limits it to this cluster.",
  });
}
