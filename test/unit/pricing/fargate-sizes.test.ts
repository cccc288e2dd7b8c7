import { describe, expect, it } from "vitest";
import { fargateSizeFor, fargateSteps } from "../../../shared/pricing/fargate-sizes.ts";

const GiB = 1_024;

describe("sizes of Fargate", () => {
  it.each([
    [
      { cpuCores: 0.1, memoryMb: 32 },
      { cpuCores: 0.25, memoryMb: 512 },
    ],
    [
      { cpuCores: 0.25, memoryMb: 513 },
      { cpuCores: 0.25, memoryMb: GiB },
    ],
    [
      { cpuCores: 0.25, memoryMb: 1_500 },
      { cpuCores: 0.25, memoryMb: 2 * GiB },
    ],
    [
      { cpuCores: 0.25, memoryMb: 3 * GiB },
      { cpuCores: 0.5, memoryMb: 3 * GiB },
    ],
    [
      { cpuCores: 0.26, memoryMb: 512 },
      { cpuCores: 0.5, memoryMb: GiB },
    ],
    [
      { cpuCores: 1, memoryMb: 512 },
      { cpuCores: 1, memoryMb: 2 * GiB },
    ],
    [
      { cpuCores: 1, memoryMb: 8 * GiB + 1 },
      { cpuCores: 2, memoryMb: 9 * GiB },
    ],
    [
      { cpuCores: 3, memoryMb: GiB },
      { cpuCores: 4, memoryMb: 8 * GiB },
    ],
    [
      { cpuCores: 4, memoryMb: 31 * GiB },
      { cpuCores: 8, memoryMb: 32 * GiB },
    ],
    [
      { cpuCores: 8, memoryMb: 17 * GiB },
      { cpuCores: 8, memoryMb: 20 * GiB },
    ],
    [
      { cpuCores: 16, memoryMb: 33 * GiB },
      { cpuCores: 16, memoryMb: 40 * GiB },
    ],
    [
      { cpuCores: 16, memoryMb: 121 * GiB },
      { cpuCores: 32, memoryMb: 124 * GiB },
    ],
    [
      { cpuCores: 32, memoryMb: 244 * GiB },
      { cpuCores: 32, memoryMb: 244 * GiB },
    ],
  ])("for %j give %j", (need, size) => {
    expect(fargateSizeFor(need)).toEqual(size);
  });

  it("end at 32 vCPU and 244 GB", () => {
    expect(fargateSizeFor({ cpuCores: 33, memoryMb: GiB })).toBeUndefined();
    expect(fargateSizeFor({ cpuCores: 1, memoryMb: 245 * GiB })).toBeUndefined();
  });

  it("are whole steps from each end to the other", () => {
    for (const { memoryMbMin, memoryMbMax, memoryMbStep } of fargateSteps) {
      expect((memoryMbMax - memoryMbMin) % memoryMbStep).toBe(0);
    }
  });
});
