import { type App, Tags, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, ServerlessChecks } from "cdk-nag";
import type { DeploymentOptions } from "./config.ts";
import { SwitchyardRules } from "./rules/switchyard-rules.ts";
import { ControlPlaneStack } from "./stacks/control-plane-stack.ts";
import { DataStack } from "./stacks/data-stack.ts";

export interface SwitchyardStacks {
  readonly data: DataStack;
  readonly controlPlane: ControlPlaneStack;
}

/** Adds the stacks of one stage to an app, and the checks that every synthesis must pass. */
export function addSwitchyard(
  app: App,
  options: DeploymentOptions,
  bundles: string,
): SwitchyardStacks {
  const { stage, account, region } = options;
  const env = account === undefined || region === undefined ? {} : { env: { account, region } };
  const data = new DataStack(app, "Data", {
    ...env,
    stackName: `switchyard-${stage}-data`,
    options,
  });
  const controlPlane = new ControlPlaneStack(app, "ControlPlane", {
    ...env,
    stackName: `switchyard-${stage}`,
    options,
    table: data.table,
    bundles,
  });
  Tags.of(app).add("switchyard:stage", stage);
  Validations.of(app).addPlugins(
    new AwsSolutionsChecks(app),
    new ServerlessChecks(app),
    new SwitchyardRules(),
  );
  return { data, controlPlane };
}
