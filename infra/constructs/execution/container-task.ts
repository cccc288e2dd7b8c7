import { Policy, PolicyStatement, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { executionNames } from "./execution-names.ts";
import { RunFamily, type RunFamilyProps } from "./run-family.ts";

export interface ContainerTaskProps extends Omit<RunFamilyProps, "roleName"> {
  /** Of the Switchyard deployment that is to run it. */
  readonly stage: string;
  /** What a task's `run.container.family` is set to. */
  readonly family: string;
}

/**
 * A container of your own for Switchyard to run; its exit code is the verdict. Belongs into your own
 * stack: it lets this deployment's dispatcher hand these two roles to ECS, and no others.
 */
export class ContainerTask extends Construct {
  /** Give its code the rights it needs through `taskRole`. */
  readonly runs: RunFamily;

  constructor(scope: Construct, id: string, props: ContainerTaskProps) {
    super(scope, id);
    const { stage, family, ...shape } = props;
    this.runs = new RunFamily(this, "Runs", {
      ...shape,
      family: `${executionNames.taskFamilyPrefix(stage)}${family}`,
      roleName: executionNames.taskRole(stage, family),
    });
    const dispatch = Role.fromRoleName(this, "Dispatch", executionNames.dispatchRole(stage));
    new Policy(this, "Start", {
      roles: [dispatch],
      statements: [
        new PolicyStatement({
          actions: ["iam:PassRole"],
          resources: [this.runs.taskRole.roleArn, this.runs.executionRole.roleArn],
          conditions: { StringEquals: { "iam:PassedToService": "ecs-tasks.amazonaws.com" } },
        }),
      ],
    });
  }
}
