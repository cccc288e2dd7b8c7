import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fargateSizeFor } from "../../../shared/pricing/fargate-sizes.ts";
import { priceRun } from "../../../shared/pricing/price-run.ts";
import type { Pricing, RunSize } from "../../../shared/pricing/pricing.ts";
import { usEast1RunPrices } from "../../../shared/pricing/run-prices.ts";

const architecture = fc.constantFrom("arm64" as const, "x86_64" as const);
const pricings: fc.Arbitrary<Pricing> = fc.oneof(
  fc.record({ model: fc.constant("lambda" as const), architecture }),
  fc.record({ model: fc.constant("fargate" as const), architecture, spot: fc.boolean() }),
  fc.record({
    model: fc.constant("pool" as const),
    usdPerHour: fc.double({ min: 0, max: 100, noNaN: true }),
    slots: fc.integer({ min: 0, max: 1_000 }),
  }),
  fc.constant({ model: "alicloud-fc" as const }),
  fc.constant({ model: "free" as const }),
);
const sizes: fc.Arbitrary<RunSize> = fc.record({
  memoryMb: fc.integer({ min: 0, max: 300_000 }),
  cpuCores: fc.double({ min: 0, max: 40, noNaN: true }),
  storageMb: fc.integer({ min: 0, max: 250_000 }),
});
const durations = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }),
  fc.double({ min: 0, max: 1e8, noNaN: true }),
);
const usedSoFar = fc.oneof(
  fc.constant(0),
  fc.double({ min: 0, max: 3e10, noNaN: true }),
  fc.integer({ min: -1_000, max: 1_000 }).map((near) => 6e9 + near),
);

/** Sums of floating-point numbers agree up to their last digits. */
const nearly = 1e-9;
const atLeast = (left: number, right: number): boolean => left >= right * (1 - nearly) - 1e-15;

const usd = (pricing: Pricing, size: RunSize, durationMs: number, gbSeconds = 0): number =>
  priceRun(pricing, size, durationMs, usEast1RunPrices, { gbSeconds }).usd;

describe("prices of runs", () => {
  it("are never negative and the sum of their parts", () => {
    fc.assert(
      fc.property(pricings, sizes, durations, usedSoFar, (pricing, size, ms, gbSeconds) => {
        const estimate = priceRun(pricing, size, ms, usEast1RunPrices, { gbSeconds });
        expect(estimate.usd).toBeGreaterThanOrEqual(0);
        const sum = estimate.parts.reduce((total, part) => total + part.usd, 0);
        expect(sum).toBe(estimate.usd);
        for (const part of estimate.parts) expect(part.usd).toBeGreaterThan(0);
      }),
    );
  });

  it("do not fall with time, memory, cores or storage", () => {
    fc.assert(
      fc.property(
        pricings,
        sizes,
        sizes,
        durations,
        durations,
        usedSoFar,
        (pricing, size, more, ms, moreMs, used) => {
          const bigger = {
            memoryMb: size.memoryMb + more.memoryMb,
            cpuCores: size.cpuCores + more.cpuCores,
            storageMb: (size.storageMb ?? 0) + (more.storageMb ?? 0),
          };
          // Beyond the largest size of Fargate there is no size to round up to.
          fc.pre(pricing.model !== "fargate" || fargateSizeFor(bigger) !== undefined);
          const price = usd(pricing, size, ms, used);
          expect(atLeast(usd(pricing, size, ms + moreMs, used), price)).toBe(true);
          expect(atLeast(usd(pricing, bigger, ms, used), price)).toBe(true);
        },
      ),
    );
  });
});

describe("tiers of Lambda", () => {
  it("do not make the price jump where one ends", () => {
    fc.assert(
      fc.property(architecture, fc.constantFrom(0, 1), (arch, tier) => {
        const tiers = usEast1RunPrices.lambda.gbSecond[arch].slice(0, tier + 1);
        const end = tiers.reduce((sum, { gbSeconds = 0 }) => sum + gbSeconds, 0);
        const pricing = { model: "lambda", architecture: arch } as const;
        const size = { memoryMb: 1_024, cpuCores: 1 };
        // A second of one GB costs the same to a hundredth of a cent, a GB-second earlier or later.
        const steps = [-2, -1, -0.5, 0, 1].map((from) => usd(pricing, size, 1_000, end + from));
        for (const [place, step] of steps.entries()) {
          const before = steps[place - 1];
          if (before === undefined) continue;
          expect(step).toBeLessThanOrEqual(before);
          expect(before - step).toBeLessThan(2e-6);
        }
      }),
    );
  });

  it("cost the same however a month's use is cut, but for the requests", () => {
    fc.assert(
      fc.property(
        architecture,
        fc.array(fc.integer({ min: 1, max: 900_000 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: -2_000, max: 2_000 }),
        (arch, pieces, near) => {
          const pricing = { model: "lambda", architecture: arch } as const;
          const size = { memoryMb: 2_048, cpuCores: 1 };
          const start = (usEast1RunPrices.lambda.gbSecond[arch][0]?.gbSeconds ?? 0) + near;
          let used = start;
          let sum = 0;
          for (const ms of pieces) {
            sum += usd(pricing, size, ms, used) - 2e-7;
            used += (ms / 1_000) * 2;
          }
          const whole = pieces.reduce((total, ms) => total + ms, 0);
          expect(sum).toBeCloseTo(usd(pricing, size, whole, start) - 2e-7, 9);
        },
      ),
    );
  });
});

describe("the price of a run", () => {
  it("on Spot is never above the one on demand", () => {
    fc.assert(
      fc.property(architecture, sizes, durations, (arch, size, ms) => {
        const fargate = { model: "fargate", architecture: arch } as const;
        const spot = usd({ ...fargate, spot: true }, size, ms);
        expect(spot).toBeLessThanOrEqual(usd({ ...fargate, spot: false }, size, ms));
      }),
    );
  });

  it("never sinks by splitting it: each piece costs at least what the least costs", () => {
    fc.assert(
      fc.property(
        pricings,
        sizes,
        fc.array(fc.double({ min: 0, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (pricing, size, pieces) => {
          const whole = pieces.reduce((sum, ms) => sum + ms, 0);
          const split = pieces.reduce((sum, ms) => sum + usd(pricing, size, ms), 0);
          expect(atLeast(split, usd(pricing, size, whole))).toBe(true);
          expect(atLeast(split, pieces.length * usd(pricing, size, 0))).toBe(true);
        },
      ),
    );
  });

  it("on Fargate is that of the size that is rounded up to", () => {
    fc.assert(
      fc.property(sizes, durations, (size, ms) => {
        const rounded = fargateSizeFor(size);
        fc.pre(rounded !== undefined);
        expect(rounded.memoryMb).toBeGreaterThanOrEqual(size.memoryMb);
        expect(rounded.cpuCores).toBeGreaterThanOrEqual(size.cpuCores);
        expect(fargateSizeFor(rounded)).toEqual(rounded);
        const fargate = { model: "fargate", architecture: "arm64", spot: false } as const;
        expect(usd(fargate, { ...size, ...rounded }, ms)).toBe(usd(fargate, size, ms));
      }),
    );
  });
});
