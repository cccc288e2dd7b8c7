import { describe, expect, it } from "vitest";
import { crossOverMs, priceRatio } from "../../../shared/pricing/cross-over.ts";
import { priceRun, priceTransitions } from "../../../shared/pricing/price-run.ts";
import { usEast1PriceTable } from "../../../shared/pricing/price-table.ts";
import type { Pricing, RunSize } from "../../../shared/pricing/pricing.ts";
import { runPricesFor, usEast1RunPrices } from "../../../shared/pricing/run-prices.ts";

const lambda: Pricing = { model: "lambda", architecture: "x86_64" };
const lambdaArm: Pricing = { model: "lambda", architecture: "arm64" };
const fargate: Pricing = { model: "fargate", architecture: "x86_64", spot: false };
const fargateArm: Pricing = { model: "fargate", architecture: "arm64", spot: false };
const spot: Pricing = { model: "fargate", architecture: "x86_64", spot: true };

/** Figures worked out by hand from the list prices, for what is written beside them. */
const byHand: readonly (readonly [string, Pricing, RunSize, number, number])[] = [
  // 2e-7 + 0.1 × 0.5 × 1.66667e-5
  ["100 ms of Lambda, x86, 512 MB", lambda, { memoryMb: 512, cpuCores: 1 }, 100, 1.033335e-6],
  // 2e-7 + 60 × 1 × 1.33334e-5
  [
    "a minute of Lambda, arm, 1 GB",
    lambdaArm,
    { memoryMb: 1_024, cpuCores: 1 },
    60_000,
    8.00204e-4,
  ],
  // Rounded up to 2 ms: 2e-7 + 0.002 × 1.66667e-5
  ["1.2 ms of Lambda, x86, 1 GB", lambda, { memoryMb: 1_024, cpuCores: 1 }, 1.2, 2.333334e-7],
  // 128 MB is the least: 2e-7 + 1 × 0.125 × 1.66667e-5
  [
    "a second of Lambda with too little",
    lambda,
    { memoryMb: 64, cpuCores: 1 },
    1_000,
    2.2833375e-6,
  ],
  // 2e-7 + 100 × 1.66667e-5 + 100 × 9.5 × 3.09e-8
  [
    "Lambda with 10 GB of storage",
    lambda,
    { memoryMb: 1_024, cpuCores: 1, storageMb: 10_240 },
    100_000,
    1.696225e-3,
  ],
  // 1 + 30 s is less than 60: 60 × (0.25 × 1.1244e-5 + 0.5 × 1.235e-6)
  ["a second of Fargate", fargate, { memoryMb: 512, cpuCores: 0.25 }, 1_000, 2.0571e-4],
  // 60 + 30 = 90 s: 90 × (1 × 1.1244e-5 + 2 × 1.235e-6)
  ["a minute of Fargate", fargate, { memoryMb: 2_048, cpuCores: 1 }, 60_000, 1.23426e-3],
  // 3,630 s × (2 × 8.9944e-6 + 4 × 9.889e-7)
  [
    "an hour of Fargate, arm",
    fargateArm,
    { memoryMb: 4_096, cpuCores: 2 },
    3_600_000,
    7.9658172e-2,
  ],
  // 31 % of the minute above
  ["a minute of Fargate Spot", spot, { memoryMb: 2_048, cpuCores: 1 }, 60_000, 3.826206e-4],
  // 3 GB with a quarter core is 0.5 vCPU and 3 GB: 60 × (0.5 × 1.1244e-5 + 3 × 1.235e-6)
  ["an odd size of Fargate", fargate, { memoryMb: 2_500, cpuCores: 0.25 }, 0, 5.5962e-4],
  // 60 × (0.25 × 1.1244e-5 + 0.5 × 1.235e-6) + 60 × 80 × 3.08e-8
  [
    "Fargate with 100 GB of storage",
    fargate,
    { memoryMb: 512, cpuCores: 0.25, storageMb: 102_400 },
    0,
    3.5355e-4,
  ],
  // 0.36 $/h shared by four slots, for 100 s
  [
    "a pool's worker",
    { model: "pool", usdPerHour: 0.36, slots: 4 },
    { memoryMb: 512, cpuCores: 1 },
    100_000,
    0.0025,
  ],
  // 1.5e-7 + 10 × 0.5 × 2e-5 + 10 × 1 × 3e-6
  [
    "ten seconds of Function Compute",
    { model: "alicloud-fc" },
    { memoryMb: 1_024, cpuCores: 0.5 },
    10_000,
    1.3015e-4,
  ],
  ["one's own machine", { model: "free" }, { memoryMb: 512, cpuCores: 1 }, 1e9, 0],
];

describe("the price of a run", () => {
  it.each(byHand)("of %s is what the list prices say", (_, pricing, size, durationMs, usd) => {
    expect(priceRun(pricing, size, durationMs).usd).toBeCloseTo(usd, 12);
  });

  it("falls with what the month has used: x86 from 6 to 15 billion GB-seconds by a tenth", () => {
    const size = { memoryMb: 1_024, cpuCores: 1 };
    const at = (gbSeconds: number, pricing = lambda) =>
      priceRun(pricing, size, 1_000_000, usEast1RunPrices, { gbSeconds }).usd - 2e-7;
    expect(at(0)).toBeCloseTo(1.66667e-2, 10);
    expect(at(6e9)).toBeCloseTo(1.5e-2, 10);
    expect(at(15e9)).toBeCloseTo(1.33334e-2, 10);
    // Half of it in each tier.
    expect(at(6e9 - 500)).toBeCloseTo(500 * 1.66667e-5 + 500 * 1.5e-5, 10);
    expect(at(7.5e9, lambdaArm)).toBeCloseTo(1.20001e-2, 10);
    expect(at(18.75e9, lambdaArm)).toBeCloseTo(1.06667e-2, 10);
  });

  it("names its parts, dearest first, its table, and how sure it is", () => {
    const estimate = priceRun(fargate, { memoryMb: 2_048, cpuCores: 1 }, 60_000);
    expect(estimate.parts.map(({ name }) => name)).toEqual(["cpu", "memory"]);
    // Start-up that is charged is an assumption, so is what includes it.
    expect(estimate).toMatchObject({
      prices: "us-east-1-2026-11",
      confidence: "assumed",
      estimate: true,
    });
    const size = { memoryMb: 2_048, cpuCores: 1 };
    expect(priceRun(lambda, size, 1_000).confidence).toBe("verified");
    expect(priceRun(lambdaArm, size, 1_000, usEast1RunPrices, { gbSeconds: 8e9 }).confidence).toBe(
      "known",
    );
  });

  it("of transitions is theirs", () => {
    expect(priceTransitions(4).usd).toBeCloseTo(1e-4, 12);
  });
});

describe("price tables", () => {
  it("of a Region without one say that another stands in", () => {
    const prices = runPricesFor("mars-north-1");
    expect(prices.note).toContain("mars-north-1");
    expect(prices.version).toBe("us-east-1-2026-11 for mars-north-1");
    expect(priceRun(lambda, { memoryMb: 512, cpuCores: 1 }, 1, prices)).toMatchObject({
      prices: prices.version,
      confidence: "assumed",
    });
    expect(runPricesFor("us-east-1")).toBe(usEast1RunPrices);
  });

  it("of one's own go before the shipped ones", () => {
    const own = { ...usEast1RunPrices, version: "agreed-2026", region: "us-east-1" };
    expect(runPricesFor("us-east-1", [own])).toBe(own);
  });

  it("have each figure once: the control plane's derive from those of runs", () => {
    const { units } = usEast1PriceTable;
    expect(units["fargate.vcpuHours"].usd).toBeCloseTo(0.03237984, 10);
    expect(units["lambda.gbSeconds"].usd).toBe(
      usEast1RunPrices.lambda.gbSecond.arm64[0]?.price.usd,
    );
  });
});

describe("the line between Lambda and Fargate", () => {
  const small = { memoryMb: 512, cpuCores: 0.25 };
  /** 1.769 GB of Lambda come with one core; Fargate's next size with one is 2 GB. */
  const core = { memoryMb: 1.769 * 1_024, cpuCores: 1 };

  it.each([
    [small, [0.04, 0.41, 1.22, 1.62, 2.21, 2.35], 25],
    [core, [0.04, 0.36, 1.08, 1.43, 1.95, 2.08], 28],
  ])("for %j lies where the list prices put it", (size, ratios, crossOverSeconds) => {
    const plan = { pricing: lambda, size };
    const other = { pricing: fargate, size };
    const lengths = [1, 10, 30, 60, 300, 900];
    const computed = lengths.map((seconds) => priceRatio(plan, other, seconds * 1_000));
    expect(computed.map((ratio) => Number(ratio.toFixed(2)))).toEqual(ratios);
    const crossOver = crossOverMs(plan, other, 900_000) ?? 0;
    expect(Math.round(crossOver / 1_000)).toBe(crossOverSeconds);
    expect(priceRatio(plan, other, crossOver)).toBeGreaterThan(1);
    expect(priceRatio(plan, other, crossOver - 1)).toBeLessThanOrEqual(1);
  });

  it("is absent where one is always the cheaper", () => {
    const free = { pricing: { model: "free" } as const, size: small };
    expect(crossOverMs(free, { pricing: fargate, size: small }, 900_000)).toBeUndefined();
  });
});
