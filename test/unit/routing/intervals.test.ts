import { describe, expect, it } from "vitest";
import {
  MomentsTally,
  newcombeInterval,
  welchInterval,
  wilsonInterval,
} from "../../../shared/routing/compare/intervals.ts";
import { normalPoint, studentPoint } from "../../../shared/routing/compare/student-t.ts";

function momentsOf(values: readonly number[]) {
  const tally = new MomentsTally();
  for (const value of values) tally.add(value);
  return tally.moments();
}

describe("Student's distribution", () => {
  it.each([
    [0.95, 1, 12.7062],
    [0.95, 2, 4.302653],
    [0.95, 10, 2.228139],
    [0.95, 17.776, 2.102804],
    [0.95, 30, 2.042272],
    [0.95, 120, 1.97993],
    [0.99, 5, 4.032143],
    [0.999, 20, 3.849516],
  ])("reaches, for %d and %d degrees of freedom, to %d errors", (confidence, degrees, point) => {
    expect(studentPoint(confidence, degrees)).toBeCloseTo(point, 4);
  });

  it("becomes the normal distribution", () => {
    expect(normalPoint(0.95)).toBeCloseTo(1.959963984540054, 8);
    expect(normalPoint(0.999)).toBeCloseTo(3.290526731491926, 7);
    expect(studentPoint(0.95, 1e5)).toBeCloseTo(studentPoint(0.95, 1e5 + 1), 8);
    expect(studentPoint(0.95, 1e12)).toBeCloseTo(normalPoint(0.95), 9);
  });
});

describe("Welch's interval", () => {
  // Student's sleep data (1908), as in R's t.test(extra ~ group): df 17.776, −3.3654832 to 0.2054832.
  const first = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2];
  const second = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4];

  it("is the published one for the sleep data", () => {
    const interval = welchInterval(momentsOf(second), momentsOf(first));
    expect(interval?.estimate).toBeCloseTo(-1.58, 10);
    expect(interval?.low).toBeCloseTo(-3.3654832, 6);
    expect(interval?.high).toBeCloseTo(0.2054832, 6);
  });

  it("needs two measurements of each, and is a point where nothing spreads", () => {
    expect(welchInterval(momentsOf([1]), momentsOf([1, 2]))).toBeUndefined();
    const same = welchInterval(momentsOf([3, 3]), momentsOf([5, 5, 5]));
    expect(same).toEqual({ estimate: 2, low: 2, high: 2 });
  });
});

describe("Wilson's interval", () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998) 857–872, table I, method 3.
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])("of %d in %d is %d to %d", (hits, count, low, high) => {
    const interval = wilsonInterval({ hits, count });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

describe("Newcombe's interval", () => {
  // R. G. Newcombe, Statistics in Medicine 17 (1998) 873–890, table II, method 10.
  it.each([
    [56, 70, 48, 80, 0.0524, 0.3339],
    [9, 10, 3, 10, 0.1705, 0.809],
    [6, 7, 2, 7, 0.0582, 0.8062],
    [5, 56, 0, 29, -0.0381, 0.1926],
    [0, 10, 0, 20, -0.1611, 0.2775],
    [0, 10, 0, 10, -0.2775, 0.2775],
    [10, 10, 0, 20, 0.6791, 1],
    [10, 10, 0, 10, 0.6075, 1],
  ])("of %d/%d less %d/%d is the published one", (hits, count, hits0, count0, low, high) => {
    const interval = newcombeInterval({ hits: hits0, count: count0 }, { hits, count });
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });
});

describe("moments", () => {
  it("keep their digits far from zero", () => {
    const moments = momentsOf([1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]);
    expect(moments).toEqual({ count: 4, mean: 1e9 + 10, variance: 30 });
  });
});
