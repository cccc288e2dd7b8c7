import type { AttemptTerms, Instance } from "../instance/instance.ts";
import type { TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import type { Receipt } from "./receipt.ts";
import { runSizeOn } from "./run-size.ts";

/** On what terms a routed attempt is granted: what its backend gives, and how that is charged. */
export function termsOf(
  receipt: Receipt,
  backend: BackendCapabilities,
  spec: Pick<TaskSpec, "needs">,
  instance: Pick<Instance, "timeoutSeconds">,
): AttemptTerms {
  const timeoutMsMax = backend.timeoutSecondsMax * 1_000;
  const { leaseSeconds, handOverMs, pricing } = backend;
  return {
    ...(timeoutMsMax < instance.timeoutSeconds * 1_000 ? { timeoutMs: timeoutMsMax } : {}),
    ...sizeTerms(receipt, backend, spec),
    ...(leaseSeconds === undefined ? {} : { leaseSeconds }),
    ...(handOverMs === undefined ? {} : { handOverMs }),
    ...(backend.pull === true ? { pull: true } : {}),
    ...(pricing.model === "free" ? {} : { pricing }),
  };
}

/** The size, where the attempt is given it or charged by it. */
function sizeTerms(
  receipt: Receipt,
  backend: BackendCapabilities,
  { needs }: Pick<TaskSpec, "needs">,
): Pick<AttemptTerms, "memoryMb" | "cpuCores" | "fixedSize"> {
  const { memoryMb, cpuCores } = runSizeOn(backend, needs, receipt.memoryMb ?? 0);
  if (!backend.sizeIsPerAttempt) {
    // Nobody can say the size of a function that exists already; its price goes by what is usual.
    return { memoryMb, fixedSize: true };
  }
  const isCharged = backend.pricing.model === "fargate" || backend.pricing.model === "alicloud-fc";
  return { memoryMb, ...(isCharged ? { cpuCores } : {}) };
}
