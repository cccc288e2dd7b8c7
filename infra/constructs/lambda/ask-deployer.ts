import { PolicyStatement, type Role } from "aws-cdk-lib/aws-iam";
import type { DeployFunction } from "./deploy-function.ts";

/** The part of the environment of functions that ask for deployments. */
export function deployerOf(deploy: DeployFunction | undefined): {
  readonly DEPLOYER_FUNCTION?: string;
  readonly FUNCTION_LOG_GROUP?: string;
} {
  if (deploy === undefined) return {};
  return {
    DEPLOYER_FUNCTION: deploy.function.functionName,
    FUNCTION_LOG_GROUP: deploy.functionsLog.logGroupName,
  };
}

/** Lets a role ask for deployments; what is deployed stands in the records, not in the question. */
export function allowAsking(role: Role, deploy: DeployFunction): void {
  role.addToPolicy(
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: [deploy.function.functionArn],
    }),
  );
}
