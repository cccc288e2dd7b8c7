import { Policy, Role } from "aws-cdk-lib/aws-iam";
import { Construct } from "constructs";
import { acknowledgePattern } from "../acknowledge.ts";
import { executionNames } from "./execution-names.ts";
import { attemptResources, attemptRights } from "./worker-rights.ts";

export interface RunnerRightsProps {
  readonly stage: string;
  /** Of the machines' HTTP API. */
  readonly apiId: string;
}

/**
 * Lets the runner in a container ask for its order and report. The role belongs to another stack,
 * which must not know this one; so it is found by its name.
 */
export class RunnerRights extends Construct {
  constructor(scope: Construct, id: string, { stage, apiId }: RunnerRightsProps) {
    super(scope, id);
    const role = Role.fromRoleName(this, "Runner", executionNames.runnerRole(stage));
    const policy = new Policy(this, "Report", {
      roles: [role],
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
