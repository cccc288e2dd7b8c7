import { limits } from "../../../../shared/core/limits.ts";
import { fargateSteps } from "../../../../shared/pricing/fargate-sizes.ts";
import type { Architecture } from "../../../../shared/pricing/pricing.ts";
import type { BackendCapabilities } from "../../../../shared/routing/backend-capabilities.ts";

/** Whether first tries may run on Spot capacity. */
export type SpotUse = "off" | "prefer";

/** What the image takes of a container's storage is not known; 20 GB come with every container. */
export const storageMbIncluded = 20 * 1_024;
const storageMbMax = 200 * 1_024;

/** Silence for so long loses an attempt; its runner gives a sign of life several times within. */
const leaseSeconds = 60;

/** What Fargate can do: facts for routing, apart from the adapter so that planning needs no right to run. */
export function fargateCapabilities(
  spot: SpotUse,
  architecture: Architecture = "arm64",
): BackendCapabilities {
  return {
    name: "fargate",
    kind: "fargate",
    type: "traditional",
    targets: ["function", "package", "container"],
    timeoutSecondsMax: limits.attemptTimeoutSecondsMax,
    memoryMbMax: Math.max(...fargateSteps.map(({ memoryMbMax }) => memoryMbMax)),
    cpuCoresMax: Math.max(...fargateSteps.map(({ cpuCores }) => cpuCores)),
    storageMbMax,
    // The runner fetches its input; nothing of it travels through ECS.
    inputBytesMax: limits.payloadBytesMax,
    memoryMbDefault: 1_024,
    sizeIsPerAttempt: true,
    // A place, an address, the image, the runner, the package.
    startMsTypical: 45_000,
    pricing: { model: "fargate", architecture, spot: spot === "prefer" },
    labels: {},
    // RunTask takes a client token.
    startIsIdempotent: true,
    reportsStart: true,
    handOverMs: limits.containerHandOverMs,
    leaseSeconds,
  };
}
