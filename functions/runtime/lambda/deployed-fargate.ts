import { ECSClient } from "@aws-sdk/client-ecs";
import { TerminalError } from "../../../shared/core/errors.ts";
import type { AttemptOrder, Backend } from "../../../shared/ports/backend.ts";
import {
  fargateClientDefaults,
  openFargateBackend,
} from "../../adapters/aws/fargate/fargate-backend.ts";
import { loadFunctionVersion } from "../deployed-functions.ts";
import type { EnvironmentOf } from "./environment.ts";
import type { LambdaHost } from "./lambda-host.ts";

/**
 * The backend that runs containers, where the deployment has a place for them. A place of which only
 * a part is known is a mistake of the deployment and fails the function's initialisation.
 */
export function openDeployedFargate(
  host: Pick<LambdaHost, "store" | "ids">,
  environment: EnvironmentOf<"dispatch">,
): Backend | undefined {
  if (environment.CLUSTER_ARN === undefined && environment.FARGATE === "off") return undefined;
  const { RUNNER_FAMILY_PYTHON: python } = environment;
  return openFargateBackend({
    client: new ECSClient(fargateClientDefaults),
    clusterArn: needed(environment, "CLUSTER_ARN"),
    runnerFamilies: {
      node: needed(environment, "RUNNER_FAMILY"),
      ...(python === undefined ? {} : { python }),
    },
    taskFamilyPrefix: needed(environment, "TASK_FAMILY_PREFIX"),
    subnets: needed(environment, "FARGATE_SUBNETS").split(","),
    securityGroups: needed(environment, "FARGATE_SECURITY_GROUPS").split(","),
    // The subnets have no NAT gateway: without an address of its own, a container reaches nothing.
    assignPublicIp: true,
    apiUrl: needed(environment, "API_URL"),
    spot: environment.FARGATE_SPOT === "on" ? "prefer" : "off",
    ids: host.ids,
    runtimeOf: (order) => runtimeOf(host, order),
  });
}

function needed(
  environment: EnvironmentOf<"dispatch">,
  name:
    | "CLUSTER_ARN"
    | "RUNNER_FAMILY"
    | "TASK_FAMILY_PREFIX"
    | "FARGATE_SUBNETS"
    | "FARGATE_SECURITY_GROUPS"
    | "API_URL",
): string {
  const value = environment[name];
  if (value !== undefined && value !== "") return value;
  throw new TerminalError(
    `The environment of the function "dispatch" is wrong: containers need ${name}`,
  );
}

async function runtimeOf({ store }: Pick<LambdaHost, "store">, { tenant, run }: AttemptOrder) {
  const { function: name, digest } = run.package ?? {};
  if (name === undefined || digest === undefined) return undefined;
  const version = await loadFunctionVersion(store, tenant, name, digest);
  return version?.body.spec.runtime;
}
