import type { RunSize } from "./pricing.ts";

/** A size that Fargate takes. */
export interface FargateSize {
  readonly cpuCores: number;
  readonly memoryMb: number;
}

interface FargateStep {
  readonly cpuCores: number;
  readonly memoryMbMin: number;
  readonly memoryMbMax: number;
  readonly memoryMbStep: number;
}

const GiB = 1_024;

/**
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size
 * The quarter core also takes no 1.5 GB. Of the largest, only the end (244 GB) was announced: where
 * it starts and in which steps it grows is assumed.
 */
export const fargateSteps: readonly FargateStep[] = [
  { cpuCores: 0.25, memoryMbMin: 0.5 * GiB, memoryMbMax: 0.5 * GiB, memoryMbStep: GiB },
  { cpuCores: 0.25, memoryMbMin: GiB, memoryMbMax: 2 * GiB, memoryMbStep: GiB },
  { cpuCores: 0.5, memoryMbMin: GiB, memoryMbMax: 4 * GiB, memoryMbStep: GiB },
  { cpuCores: 1, memoryMbMin: 2 * GiB, memoryMbMax: 8 * GiB, memoryMbStep: GiB },
  { cpuCores: 2, memoryMbMin: 4 * GiB, memoryMbMax: 16 * GiB, memoryMbStep: GiB },
  { cpuCores: 4, memoryMbMin: 8 * GiB, memoryMbMax: 30 * GiB, memoryMbStep: GiB },
  { cpuCores: 8, memoryMbMin: 16 * GiB, memoryMbMax: 60 * GiB, memoryMbStep: 4 * GiB },
  { cpuCores: 16, memoryMbMin: 32 * GiB, memoryMbMax: 120 * GiB, memoryMbStep: 8 * GiB },
  { cpuCores: 32, memoryMbMin: 64 * GiB, memoryMbMax: 244 * GiB, memoryMbStep: 4 * GiB },
];

/** The cheapest valid size that has what is needed; undefined beyond the largest. */
export function fargateSizeFor(
  need: Pick<RunSize, "memoryMb" | "cpuCores">,
): FargateSize | undefined {
  const step = fargateSteps.find(
    ({ cpuCores, memoryMbMax }) => need.cpuCores <= cpuCores && need.memoryMb <= memoryMbMax,
  );
  if (step === undefined) return undefined;
  const { cpuCores, memoryMbMin, memoryMbStep } = step;
  const steps = Math.ceil(Math.max(0, need.memoryMb - memoryMbMin) / memoryMbStep);
  return { cpuCores, memoryMb: memoryMbMin + steps * memoryMbStep };
}
