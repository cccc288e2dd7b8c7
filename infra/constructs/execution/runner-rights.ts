import { Policy, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import type { DeploymentOptions } from "../../config.ts";
import { acknowledgePattern } from "../acknowledge.ts";
import { executionNames } from "./execution-names.ts";
import { attemptResources, attemptRights } from "./worker-rights.ts";

type RunnerOptions = Pick<DeploymentOptions, "stage" | "fargate">;

export interface RunnerRightsProps {
  readonly options: RunnerOptions;
  /** Of the machines' HTTP API. */
  readonly apiId: string;
}

/**
 * Lets the runner in a container ask for its order and report. Its roles belong to another stack,
 * which must not know this one; so they are found by their names.
 */
export class RunnerRights extends Construct {
  constructor(scope: Construct, id: string, { options, apiId }: RunnerRightsProps) {
    super(scope, id);
    const policy = new Policy(this, "Report", {
      roles: runnerRoles(options).map((name) => Role.fromRoleName(this, name, name)),
      statements: [attemptRights(this, apiId)],
    });
    for (const resource of attemptResources(this, apiId)) {
      acknowledgePattern(
        policy,
        resource,
        "A runner learns which attempt it runs only as it starts; the token in its report must be that attempt's.",
      );
    }
  }
}

/** Names of the roles that the code in the runners' containers has. */
export function runnerRoles({ stage, fargate }: RunnerOptions): readonly string[] {
  const node = executionNames.runnerRole(stage);
  return fargate.python ? [node, executionNames.pythonRunnerRole(stage)] : [node];
}
