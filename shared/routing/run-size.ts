import { fargateSizeFor } from "../pricing/fargate-sizes.ts";
import type { RunSize } from "../pricing/pricing.ts";
import type { TaskNeeds } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { routingTuning } from "./tuning.ts";

/** Lambda gives one core for so much memory. */
const lambdaMbPerCore = 1_769;

/**
 * The size that an attempt gets on a backend: what its task declares, more where it is known to need
 * more and sizes may differ, and what the backend gives to tasks that say nothing.
 */
export function runSizeOn(
  backend: BackendCapabilities,
  needs: TaskNeeds,
  memoryMbFloor: number,
): RunSize {
  const wantedMb = needs.memoryMb ?? backend.memoryMbDefault;
  const possibleMb = Math.min(wantedMb * routingTuning.memoryGrowthMax, backend.memoryMbMax);
  const memoryMb = backend.sizeIsPerAttempt
    ? Math.max(wantedMb, Math.min(memoryMbFloor, possibleMb))
    : wantedMb;
  const { storageMb } = needs;
  return {
    ...withCores(backend, memoryMb, needs.cpuCores),
    ...(storageMb === undefined ? {} : { storageMb }),
  };
}

function withCores(
  { pricing }: BackendCapabilities,
  memoryMb: number,
  cpuCores: number | undefined,
): RunSize {
  switch (pricing.model) {
    case "lambda": {
      const cores = Math.round((memoryMb / lambdaMbPerCore) * 100) / 100;
      return { memoryMb, cpuCores: Math.max(0.01, cores) };
    }
    case "fargate": {
      const need = { memoryMb, cpuCores: cpuCores ?? 0.25 };
      return fargateSizeFor(need) ?? need;
    }
    default:
      return { memoryMb, cpuCores: cpuCores ?? 1 };
  }
}
