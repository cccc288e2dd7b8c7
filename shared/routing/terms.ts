import type { AttemptTerms, Instance } from "../instance/instance.ts";
import { mayBeInterrupted } from "../instance/may-be-interrupted.ts";
import type { Pricing } from "../pricing/pricing.ts";
import type { TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import type { Receipt } from "./receipt.ts";
import { runSizeOn } from "./run-size.ts";

/** On what terms a routed attempt is granted: what its backend gives, and how that is charged. */
export function termsOf(
  receipt: Receipt,
  backend: BackendCapabilities,
  spec: Pick<TaskSpec, "needs" | "run">,
  instance: Pick<Instance, "timeoutSeconds" | "attempts" | "attemptCount" | "round">,
): AttemptTerms {
  const timeoutMsMax = backend.timeoutSecondsMax * 1_000;
  const { handOverMs } = backend;
  // No runner is in a container of one's own, so nothing gives signs of life for it.
  const leaseSeconds = runsOwnContainer(backend, spec) ? undefined : backend.leaseSeconds;
  const pricing = pricingOf(backend, spec, instance);
  return {
    ...(timeoutMsMax < instance.timeoutSeconds * 1_000 ? { timeoutMs: timeoutMsMax } : {}),
    ...sizeTerms(receipt, backend, spec),
    ...storageTerms(pricing, spec),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    ...(handOverMs === undefined ? {} : { handOverMs }),
    ...(backend.pull === true ? { pull: true } : {}),
    ...(pricing.model === "free" ? {} : { pricing }),
  };
}

/** True where the backend would run the task as a container that its owner defined. */
function runsOwnContainer(
  { targets }: BackendCapabilities,
  { run }: Pick<TaskSpec, "run">,
): boolean {
  return targets.find((target) => run[target] !== undefined) === "container";
}

/** An attempt that should not be interrupted is charged the full price from the beginning. */
function pricingOf(
  { pricing }: BackendCapabilities,
  spec: Pick<TaskSpec, "needs">,
  instance: Pick<Instance, "attempts" | "attemptCount" | "round">,
): Pricing {
  const isSpot = pricing.model === "fargate" && pricing.spot;
  return isSpot && !mayBeInterrupted(instance, spec) ? { ...pricing, spot: false } : pricing;
}

/** The size, where the attempt is given it or charged by it. */
function sizeTerms(
  receipt: Receipt,
  backend: BackendCapabilities,
  spec: Pick<TaskSpec, "needs" | "run">,
): Pick<AttemptTerms, "memoryMb" | "cpuCores" | "fixedSize"> {
  const { needs } = spec;
  const asks = receipt.memoryMb ?? needs.memoryMb ?? needs.cpuCores;
  // A container of one's own has a size of its own, which only its owner knows.
  if (asks === undefined && runsOwnContainer(backend, spec)) return {};
  const { memoryMb, cpuCores } = runSizeOn(backend, needs, receipt.memoryMb ?? 0);
  const isCharged = backend.pricing.model === "fargate" || backend.pricing.model === "alicloud-fc";
  return {
    memoryMb,
    ...(isCharged ? { cpuCores } : {}),
    // Nobody can say the size of a function that exists already; its price goes by what is usual.
    ...(backend.sizeIsPerAttempt ? {} : { fixedSize: true }),
  };
}

/** Storage, where what goes beyond what is included is charged. */
function storageTerms(
  { model }: Pricing,
  { needs }: Pick<TaskSpec, "needs">,
): Pick<AttemptTerms, "storageMb"> {
  if (needs.storageMb === undefined || model === "free" || model === "pool") return {};
  return { storageMb: needs.storageMb };
}
