import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/** What the runner in a container says to the control plane, and no more. */
const attemptCalls = ["POST/v1/attempts/*"];

/** What a worker says on top: it registers, leases and leaves. */
const workerCalls = [
  ...attemptCalls,
  "PUT/v1/pools/*/workers/*",
  "DELETE/v1/pools/*/workers/*",
  "POST/v1/pools/*/lease",
];

/** Lets a role speak the attempt's part of the worker protocol on one HTTP API. */
export function attemptRights(scope: Construct, apiId: string): PolicyStatement {
  return invoking(attemptResources(scope, apiId));
}

/** Lets a role speak the whole worker protocol on one HTTP API. */
export function workerRights(scope: Construct, apiId: string): PolicyStatement {
  return invoking(workerResources(scope, apiId));
}

export function attemptResources(scope: Construct, apiId: string): string[] {
  return attemptCalls.map((call) => callArn(scope, apiId, call));
}

export function workerResources(scope: Construct, apiId: string): string[] {
  return workerCalls.map((call) => callArn(scope, apiId, call));
}

function callArn(scope: Construct, apiId: string, call: string): string {
  return Stack.of(scope).formatArn({
    service: "execute-api",
    resource: apiId,
    resourceName: `$default/${call}`,
    arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
  });
}

function invoking(resources: string[]): PolicyStatement {
  return new PolicyStatement({ actions: ["execute-api:Invoke"], resources });
}
