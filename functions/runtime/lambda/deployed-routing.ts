import { plannedFcCapabilities } from "../../adapters/alicloud/fc-planning.ts";
import { fargateCapabilities } from "../../adapters/aws/fargate/fargate-capabilities.ts";
import { lambdaCapabilities } from "../../adapters/aws/lambda-capabilities.ts";
import { openRoutingSource, type RoutingSource } from "../routing-source.ts";
import type { LambdaHost } from "./lambda-host.ts";

/** What a deployment routes by; facts only, so that planning needs no right to run anything. */
export function openDeployedRouting(
  { store, clock }: Pick<LambdaHost, "store" | "clock">,
  environment: {
    readonly FARGATE: "on" | "off";
    readonly FARGATE_SPOT: "on" | "off";
    readonly ALICLOUD_FC_CONFIG?: string | undefined;
  },
): RoutingSource {
  const spot = environment.FARGATE_SPOT === "on" ? "prefer" : "off";
  return openRoutingSource({
    store,
    clock,
    fixedBackends: [
      lambdaCapabilities,
      ...(environment.FARGATE === "on" ? [fargateCapabilities(spot)] : []),
      ...plannedFcCapabilities(environment.ALICLOUD_FC_CONFIG),
    ],
  });
}
