import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import {
  desiredSchedule,
  type MirroredSchedule,
  scheduleDifferences,
} from "../../../shared/schedule/mirrored-schedule.ts";
import { nextNominal } from "../../../shared/schedule/nominal-times.ts";
import { openZone } from "../../../shared/schedule/zone-offsets.ts";
import { nowMs, scheduleRecord } from "../../contract/mirror/records.ts";

const minuteMs = 60_000;
const place = { queueArn: "queue", deadLettersArn: "dead letters", roleArn: "role" };
const record = (spec: object = {}, more = {}) =>
  scheduleRecord({ expression: "rate(10 minutes)", ...spec }, more);

function desired(schedule: ReturnType<typeof record>, atMs = nowMs): MirroredSchedule {
  const wanted = desiredSchedule(schedule, place, atMs);
  if (wanted === undefined) throw new TypeError("nothing is wanted");
  return wanted;
}

describe("the beginning of a mirrored rate", () => {
  it("is the first of our slots that is still to come", () => {
    const anchorMs = nowMs - 25 * minuteMs;
    expect(desired(record({}, { anchorMs })).startMs).toBe(anchorMs + 30 * minuteMs);
  });

  it("is what the schedule says while that lies ahead", () => {
    const startAt = "2027-01-01T00:00:00Z";
    const anchorMs = Date.parse(startAt);
    expect(desired(record({ startAt }, { anchorMs })).startMs).toBe(anchorMs);
  });

  it("lies in the steps of a beginning that has long passed", () => {
    const startAt = "2020-01-01T00:03:20Z";
    const { startMs } = desired(record({ startAt }, { anchorMs: Date.parse(startAt) }));
    expect(new Date(startMs ?? 0).toISOString()).toBe("2026-11-20T21:03:20.000Z");
  });

  it("makes EventBridge count exactly our slots, whenever it is told", () => {
    const utc = openZone("UTC");
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: -10_000_000, max: 10_000_000 }),
        fc.integer({ min: 0, max: 1_000_000_000 }),
        (minutes, anchorSeconds, laterMs) => {
          const anchorMs = nowMs + anchorSeconds * 1_000;
          const toldAtMs = nowMs + laterMs;
          const text = `rate(${minutes} minutes)`;
          const expression = parseExpression(text);
          if (isExpressionError(expression)) return;
          const { startMs = 0 } = desired(record({ expression: text }, { anchorMs }), toldAtMs);
          const slots = { expression, anchorMs };
          const ours = nextNominal(slots, utc, toldAtMs - 1, Number.MAX_SAFE_INTEGER);
          expect(startMs).toBe(ours);
          const next = nextNominal(slots, utc, startMs, Number.MAX_SAFE_INTEGER);
          expect(next).toBe(startMs + minutes * minuteMs);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe("a rate that is mirrored already", () => {
  const anchorMs = nowMs - 25 * minuteMs;
  const schedule = record({}, { anchorMs });
  const told = desired(schedule);
  const differences = (present: Partial<MirroredSchedule>, atMs: number, wanted = schedule) =>
    scheduleDifferences(desired(wanted, atMs), present, atMs);

  it("is left alone as time goes on", () => {
    for (const laterMs of [0, 4 * minuteMs, 5 * minuteMs, 6 * minuteMs, 1_000 * minuteMs + 1]) {
      expect(differences(told, nowMs + laterMs)).toEqual([]);
    }
  });

  it("is put right when it counts in other steps, or from nowhere", () => {
    const laterMs = nowMs + 60 * minuteMs;
    const { startMs = 0, ...without } = told;
    expect(differences({ ...told, startMs: startMs + 2_000 }, laterMs)).toEqual(["startMs"]);
    expect(differences({ ...told, startMs: startMs - 2_000 }, laterMs)).toEqual(["startMs"]);
    expect(differences(without, laterMs)).toEqual(["startMs"]);
  });

  it("is put right when it begins later, although in our steps", () => {
    const later = { ...told, startMs: (told.startMs ?? 0) + 20 * minuteMs };
    expect(differences(later, nowMs)).toEqual(["startMs"]);
  });

  it("stops counting until a beginning that lies ahead", () => {
    const startAt = new Date(anchorMs + 100 * minuteMs).toISOString();
    const moved = record({ startAt }, { anchorMs: Date.parse(startAt) });
    expect(differences(told, nowMs + 10 * minuteMs, moved)).toEqual(["startMs"]);
  });

  it("has nothing left to do when it ends before its next slot", () => {
    const endAt = new Date(nowMs + 2 * minuteMs).toISOString();
    const ending = record({ endAt }, { anchorMs, state: "paused" });
    expect(desiredSchedule(ending, place, nowMs)).toBeUndefined();
  });
});
