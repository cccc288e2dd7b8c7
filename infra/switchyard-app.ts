import { type App, Tags, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { DeploymentOptions } from "./config.ts";
import { SwitchyardRules } from "./rules/switchyard-rules.ts";
import { ControlPlaneStack } from "./stacks/control-plane-stack.ts";
import { DataStack } from "./stacks/data-stack.ts";
import { ExecutionStack } from "./stacks/execution-stack.ts";

export interface SwitchyardStacks {
  readonly data: DataStack;
  /** Absent where containers are turned off. */
  readonly execution: ExecutionStack | undefined;
  readonly controlPlane: ControlPlaneStack;
}

/** Folders with what the build has made. */
export interface BuiltParts {
  /** One bundle per function of the control plane. */
  readonly bundles: string;
  /** The runner with its Dockerfile. */
  readonly runnerFolder: string;
}

/** Adds the stacks of one stage to an app, and the checks that every synthesis must pass. */
export function addSwitchyard(
  app: App,
  options: DeploymentOptions,
  { bundles, runnerFolder }: BuiltParts,
): SwitchyardStacks {
  const { stage, account, region } = options;
  const env = account === undefined || region === undefined ? {} : { env: { account, region } };
  const data = new DataStack(app, "Data", {
    ...env,
    stackName: `switchyard-${stage}-data`,
    options,
  });
  const execution = options.fargate.enabled
    ? new ExecutionStack(app, "Execution", {
        ...env,
        stackName: `switchyard-${stage}-execution`,
        options,
        runnerFolder,
      })
    : undefined;
  const controlPlane = new ControlPlaneStack(app, "ControlPlane", {
    ...env,
    stackName: `switchyard-${stage}`,
    options,
    table: data.table,
    payloads: data.payloads,
    place: execution?.place,
    bundles,
  });
  Tags.of(app).add("switchyard:stage", stage);
  Validations.of(app).addPlugins(
    new AwsSolutionsChecks(app),
    new ServerlessChecks(app),
    new SwitchyardRules(),
  );
  return { data, execution, controlPlane };
}
