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
  return invoking(scope, apiId, attemptCalls);
}

/** Lets a role speak the whole worker protocol on one HTTP API. */
export function workerRights(scope: Construct, apiId: string): PolicyStatement {
  return invoking(scope, apiId, workerCalls);
}

function invoking(scope: Construct, apiId: string, calls: readonly string[]): PolicyStatement {
  return new PolicyStatement({
    actions: ["execute-api:Invoke"],
    resources: calls.map((call) =>
      Stack.of(scope).formatArn({
        service: "execute-api",
        resource: apiId,
        resourceName: `$default/${call}`,
        arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
      }),
    ),
  });
}
