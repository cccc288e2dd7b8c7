import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { firesBetween } from "../../../shared/schedule/fires.ts";
import type { Stretch } from "../../../shared/schedule/portrait/collect-fires.ts";
import { offsetsOf, runsBySecond } from "../../../shared/schedule/portrait/demand.ts";
import { curveOf, expectedOf } from "../../../shared/schedule/portrait/draw-curves.ts";
import { peakByRun, peakBySecond } from "../../../shared/schedule/portrait/peak.ts";
import {
  type PlannedSchedule,
  type Quantile,
  runSeconds,
} from "../../../shared/schedule/portrait/plan.ts";
import { drawPortrait } from "../../../shared/schedule/portrait/portrait.ts";
import { day, drawingOf, fromMs, many, planned, planOf, type Sketch } from "./planned.ts";

const sketches: fc.Arbitrary<Sketch> = fc
  .record({
    when: fc.constantFrom(
      "cron(0/7 * * * ? *)",
      "cron(0,1,2 9-11 * * ? *)",
      "cron(30 10 * * ? *)",
      "rate(11 minutes)",
      "rate(1 hour)",
      "at(2026-11-20T10:00:00)",
    ),
    timezone: fc.constantFrom("UTC", "Asia/Kathmandu"),
    overlaps: fc.boolean(),
    p50Seconds: fc.integer({ min: 1, max: 2_000 }),
    longerSeconds: fc.integer({ min: 0, max: 5_000 }),
    jitterSeconds: fc.constantFrom(0, 0, 45, 3_600),
  })
  .map(({ when, timezone, overlaps, p50Seconds, longerSeconds, jitterSeconds }) => ({
    when,
    overlaps,
    run: { p50Seconds, p90Seconds: p50Seconds + longerSeconds },
    rules: { timezone, jitterSeconds },
  }));

const plans = fc
  .array(sketches, { minLength: 1, maxLength: 8 })
  .map((all) => all.map((sketch, place) => planned(`s-${place}`, sketch)));

const threeHours: Stretch = { fromMs, seconds: 3 * 3_600 };

/** Looks at each second by itself: how many schedules have how many runs in it. */
function bruteForce(
  schedules: readonly PlannedSchedule[],
  { fromMs: beginMs, seconds }: Stretch,
  quantile: Quantile,
): readonly number[] {
  const level = Array.from({ length: seconds }, () => 0);
  for (const schedule of schedules) {
    const lastMs = beginMs + seconds * 1_000;
    const fires = firesBetween(schedule.rules, beginMs - 4 * 3_600_000, lastMs, 10_000);
    const startsMs = fires.map(({ effectiveMs }) => effectiveMs);
    for (let second = 0; second < seconds; second++) {
      const atMs = beginMs + second * 1_000;
      const running = startsMs.filter(
        (startMs) => startMs <= atMs && atMs < startMs + runSeconds(schedule, quantile) * 1_000,
      ).length;
      level[second] = (level[second] ?? 0) + (schedule.overlaps ? running : Math.min(1, running));
    }
  }
  return level;
}

describe("the runs of any schedules at the same time", () => {
  it("are as many as counted second by second", () => {
    fc.assert(
      fc.property(plans, fc.constantFrom("p50", "p90"), (schedules, quantile) => {
        const drawing = drawingOf(planOf(schedules), threeHours);
        const members = [...schedules.keys()];
        const offsets = offsetsOf(schedules);
        const expected = bruteForce(schedules, threeHours, quantile);
        expect([...runsBySecond(drawing, members, offsets, quantile)]).toEqual(expected);
        const peak = Math.max(...expected);
        const first = { runs: peak, second: Math.max(0, expected.indexOf(peak)) };
        expect(peakByRun(drawing, members, offsets, quantile)).toEqual(first);
        expect(peakBySecond(drawing, members, offsets, quantile)).toEqual(first);
      }),
      { numRuns: 40 },
    );
  });

  it("and their starts are those that the schedules say, whatever the buckets are", () => {
    fc.assert(
      fc.property(plans, fc.constantFrom(60, 600), (schedules, bucketSeconds) => {
        const drawing = drawingOf(planOf(schedules), threeHours);
        const members = [...schedules.keys()];
        const offsets = offsetsOf(schedules);
        const untilMs = fromMs + threeHours.seconds * 1_000;
        const starts = schedules
          .flatMap(({ rules }) => firesBetween(rules, fromMs - 7_200_000, untilMs, 10_000))
          .filter(({ effectiveMs }) => effectiveMs >= fromMs && effectiveMs < untilMs).length;
        const { starts: curve, usd } = curveOf(drawing, members, offsets, bucketSeconds);
        expect(curve.reduce((sum, count) => sum + count, 0)).toBe(starts);
        expect(usd.reduce((sum, each) => sum + each, 0)).toBeCloseTo(starts * 0.001, 9);
        const expected = expectedOf(drawing, members, offsets);
        expect(expected.starts).toBe(starts);
        expect(expected.usd).toBeCloseTo(starts * 0.001, 9);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a portrait", () => {
  it("counts what began before it and still runs", () => {
    const long = planned("long", {
      when: "cron(0 8 * * ? *)",
      run: { p50Seconds: 3_000, p90Seconds: 5_400 },
    });
    const { curve } = drawPortrait({ plan: planOf([long]), stretch: day, bucketSeconds: 60 }).total;
    expect([curve.runsP50[0], curve.runsP90[0], curve.runsP90[29], curve.runsP90[30]]).toEqual([
      0, 1, 1, 0,
    ]);
    expect(curve.starts[0]).toBe(0);
  });

  it("leaves out the slots before a schedule was made", () => {
    const young = planned("young", {
      when: "cron(0 8 * * ? *)",
      run: { p50Seconds: 5_400, p90Seconds: 5_400 },
      sinceMs: fromMs - 60_000,
    });
    const { total } = drawPortrait({ plan: planOf([young]), stretch: day, bucketSeconds: 60 });
    expect(total.curve.runsP90[0]).toBe(0);
    expect(total.starts).toBe(1);
  });

  it("shows only what concerns a group, where one is asked for", () => {
    const plan = planOf([
      planned("one", { when: "cron(0 12 * * ? *)", group: "red", task: "a" }),
      planned("two", { when: "cron(0 12 * * ? *)", group: "blue", task: "b" }),
    ]);
    const all = drawPortrait({ plan, stretch: day, bucketSeconds: 60 });
    expect(all.groups.map(({ name }) => name)).toEqual(["blue", "red"]);
    const red = drawPortrait({ plan, stretch: day, bucketSeconds: 60, group: "red" });
    expect([red.total.schedules, red.total.starts]).toEqual([1, 1]);
    expect(red.tasks.map(({ name }) => name)).toEqual(["a"]);
  });
});

describe("more fires than a portrait looks at", () => {
  const often = many(10, { when: "cron(* * * * ? *)", run: { p50Seconds: 15, p90Seconds: 30 } });
  const rare = planned("rare", { when: "cron(30 10 * * ? *)" });
  const plan = planOf([...often, rare]);
  const exact = drawPortrait({ plan, stretch: day, bucketSeconds: 60 });
  const sampled = drawPortrait({ plan, stretch: day, bucketSeconds: 60, firesMax: 1_000 });

  it("are sampled for the schedules that have too many, and for no others", () => {
    expect([exact.drawing.fires.sampled, sampled.drawing.fires.sampled]).toEqual([0, 10]);
    expect(sampled.drawing.fires.count).toBeLessThanOrEqual(1_000);
    expect(sampled.drawing.fires.ofSchedule[10]).toEqual(exact.drawing.fires.ofSchedule[10]);
  });

  it("still give about as many starts, as much money and as high a peak", () => {
    const close = (one: number, other: number) =>
      expect(Math.abs(one - other) / other).toBeLessThan(0.02);
    close(sampled.total.starts, exact.total.starts);
    close(sampled.total.usd, exact.total.usd);
    expect(Math.abs(sampled.total.peakP90.runs - exact.total.peakP90.runs)).toBeLessThan(2);
  });

  it("leave room to each schedule, however many there are", () => {
    const { fires } = drawingOf(planOf(many(30, { when: "cron(* * * * ? *)" })), day, 10);
    expect(fires.ofSchedule.every(({ length }) => length === 1)).toBe(true);
  });
});
