import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  bucketOf,
  countInSketch,
  mergeSketches,
  quantileOf,
  type Sketch,
} from "../../../shared/rollup/sketch.ts";

const durations = fc.array(fc.integer({ min: 2, max: 86_400_000 }), { minLength: 1 });
const quantile = fc.constantFrom(0, 0.01, 0.25, 0.5, 0.9, 0.95, 0.99, 1);

describe("a quantile sketch", () => {
  it("answers every quantile with at most two per cent of error", () => {
    fc.assert(
      fc.property(durations, quantile, (values, q) => {
        const sorted = values.toSorted((left, right) => left - right);
        const exact = sorted[Math.max(1, Math.ceil(q * sorted.length)) - 1] ?? 0;
        const estimate = quantileOf(sketchOf(values), q) ?? 0;
        expect(Math.abs(estimate - exact) / exact).toBeLessThan(0.0201);
      }),
    );
  });

  it("is the same whatever the order and grouping in which values and sketches are added", () => {
    fc.assert(
      fc.property(durations, durations, durations, (left, middle, right) => {
        const [a, b, c] = [sketchOf(left), sketchOf(middle), sketchOf(right)];
        const whole = sketchOf([...right, ...left, ...middle].reverse());
        expect(mergeSketches(mergeSketches(a, b), c)).toEqual(whole);
        expect(mergeSketches(c, mergeSketches(b, a))).toEqual(whole);
      }),
    );
  });

  it("has no quantile when it is empty", () => {
    expect(quantileOf({}, 0.5)).toBeUndefined();
  });

  it.each([
    ["nothing", 0],
    ["one millisecond", 1],
    ["less than nothing, from a clock that was set back", -5],
    ["no number", Number.NaN],
  ])("counts %s in its lowest bucket", (_name, value) => {
    expect(bucketOf(value)).toBe("0");
    expect(quantileOf(sketchOf([value]), 0.5)).toBe(1);
  });

  it("has a bounded number of buckets, however long something takes", () => {
    expect(Number(bucketOf(Number.MAX_VALUE))).toBe(1_000);
    expect(Number(bucketOf(Number.POSITIVE_INFINITY))).toBe(1_000);
  });
});

function sketchOf(values: readonly number[]): Sketch {
  const sketch: Record<string, number> = {};
  for (const value of values) countInSketch(sketch, value);
  return sketch;
}
