import { describe, expect, it } from "vitest";
import { type ArmFigures, compareArms } from "../../../shared/routing/compare/compare-arms.ts";
import { ExactQuantiles } from "../../../shared/routing/compare/quantiles.ts";

function arm(changes: Partial<ArmFigures> = {}, usd = 0.01, ms = 2_000, count = 1_000): ArmFigures {
  return {
    count,
    failures: 10,
    usd: { count, mean: usd, variance: (usd * 0.3) ** 2 },
    latencyMs: { count, mean: ms, variance: (ms * 0.3) ** 2 },
    ...changes,
  };
}

describe("comparing the arms of an experiment", () => {
  it("says by how much the candidate is cheaper, and that nothing else differs", () => {
    const comparison = compareArms(arm(), arm({}, 0.0088));
    // 1.96 × √(0.003² / 1000 + 0.00264² / 1000) = 0.000248, of 0.01.
    expect(comparison.verdict).toBe(
      "candidate is cheaper by 12 % (95 % CI 9.5–14.5 %), speed no different, failures no different",
    );
    expect(comparison).toMatchObject({ enough: true, stopAdvised: false });
    expect(comparison.usd?.estimate).toBeCloseTo(-0.0012, 10);
  });

  it("finds equal arms no different", () => {
    expect(compareArms(arm(), arm())).toMatchObject({
      verdict: "candidate is no different in cost, speed no different, failures no different",
      stopAdvised: false,
    });
  });

  it.each([
    ["fails more, however cheap", arm({ failures: 60 }, 0.001), true],
    ["is dearer and no faster", arm({}, 0.012), true],
    ["is slower and no cheaper", arm({}, 0.01, 2_500), true],
    ["is slower but cheaper: a trade", arm({}, 0.008, 2_500), false],
    ["is dearer but faster: a trade", arm({}, 0.012, 1_500), false],
    ["is a little dearer, which may be chance", arm({}, 0.01015), false],
    ["fails less", arm({ failures: 1 }), false],
  ])("advises on a candidate that %s", (_, candidate, stopAdvised) => {
    expect(compareArms(arm(), candidate).stopAdvised).toBe(stopAdvised);
  });

  it("advises nothing from too few instances, however bad they look", () => {
    const comparison = compareArms(arm({}, 0.01, 2_000, 29), arm({ failures: 29 }, 1, 9_000, 29));
    expect(comparison.stopAdvised).toBe(false);
    expect(comparison.verdict).toContain("too few instances");
  });

  it("tells more failures in points", () => {
    expect(compareArms(arm(), arm({ failures: 60 })).verdict).toMatch(
      /more failures by 5 points \(95 % CI 3\.\d–6\.\d\)$/,
    );
  });

  it("compares with what cost nothing without dividing by it", () => {
    const free = arm({ usd: { count: 1_000, mean: 0, variance: 0 } });
    expect(compareArms(free, arm()).verdict).toMatch(/^candidate is dearer, /);
  });

  it("is surer where more is asked of it", () => {
    const candidate = arm({}, 0.01033);
    expect(compareArms(arm(), candidate).stopAdvised).toBe(true);
    const strict = { confidence: 0.999, armMin: 100 };
    expect(compareArms(arm(), candidate, strict).stopAdvised).toBe(false);
  });
});

describe("exact quantiles", () => {
  it("are values that were added, by their rank", () => {
    const quantiles = new ExactQuantiles();
    expect(quantiles.quantile(0.5)).toBeUndefined();
    for (let value = 5_000; value >= 1; value--) quantiles.add(value);
    expect(quantiles.quantile(0.5)).toBe(2_500);
    expect(quantiles.quantile(0.95)).toBe(4_750);
    expect(quantiles.quantile(0)).toBe(1);
    expect(quantiles.quantile(1)).toBe(5_000);
    quantiles.add(0.5);
    expect(quantiles.quantile(0)).toBe(0.5);
  });
});
