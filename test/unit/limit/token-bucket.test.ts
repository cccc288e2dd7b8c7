import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Rate } from "../../../shared/limit/limit.ts";
import {
  afterStart,
  burstOf,
  intervalMsOf,
  type RateState,
  startAtMs,
  startsLeft,
} from "../../../shared/limit/token-bucket.ts";

const perSecond: Rate = { starts: 2, perSeconds: 1 };
const bursting: Rate = { starts: 2, perSeconds: 1, burst: 3 };

function takeAll(rate: Rate, nowMs: number, state?: RateState): RateState | undefined {
  let after = state;
  while (startsLeft(rate, after, nowMs) > 0) after = afterStart(rate, after, nowMs);
  return after;
}

describe("a rate", () => {
  it("has one start at first, or its burst", () => {
    expect(startsLeft(perSecond, undefined, 1_000)).toBe(1);
    expect(startsLeft(bursting, undefined, 1_000)).toBe(3);
  });

  it("has the next start an interval after the last one", () => {
    const state = afterStart(perSecond, undefined, 1_000);
    expect(startsLeft(perSecond, state, 1_499)).toBe(0);
    expect(startsLeft(perSecond, state, 1_500)).toBe(1);
    expect(startAtMs(perSecond, state, 1_100, 0)).toBe(1_500);
    expect(startAtMs(perSecond, state, 1_100, 3)).toBe(3_000);
  });

  it("saves no more starts than its burst", () => {
    const state = takeAll(bursting, 1_000);
    expect(startsLeft(bursting, state, 1_499)).toBe(0);
    expect(startsLeft(bursting, state, 1_500)).toBe(1);
    expect(startsLeft(bursting, state, 100_000)).toBe(3);
  });

  it("counts intervals that no number can write exactly", () => {
    const thirds: Rate = { starts: 3, perSeconds: 1 };
    let state: RateState | undefined;
    let nowMs = 0;
    for (let start = 0; start < 3_000; start++) {
      nowMs = startAtMs(thirds, state, nowMs, 0);
      expect(startsLeft(thirds, state, nowMs)).toBe(1);
      state = afterStart(thirds, state, nowMs);
    }
    expect(nowMs).toBeGreaterThan(999_000);
    expect(nowMs).toBeLessThan(1_002_000);
  });

  it("lets quick starts come together within a tenth of a second", () => {
    const quick: Rate = { starts: 1_000, perSeconds: 1 };
    const state = takeAll(quick, 1_000);
    expect(startsLeft(quick, undefined, 1_000)).toBe(100);
    expect(startsLeft(quick, state, 1_050)).toBe(50);
  });

  it("goes by a changed rate at once, whatever the former one would have had it wait for", () => {
    const slow: Rate = { starts: 1, perSeconds: 86_400, burst: 3 };
    const state = takeAll(slow, 5_000_000);
    expect(startAtMs(perSecond, state, 5_000_100, 0)).toBe(5_000_500);
    expect(startsLeft(perSecond, state, 5_000_499)).toBe(0);
    expect(startsLeft(perSecond, state, 5_000_500)).toBe(1);
    expect(startsLeft(slow, takeAll(perSecond, 5_000_000), 5_000_500)).toBe(3);
  });

  it("waits for a clock that was a little ahead, and forgets one that was far ahead", () => {
    const nowMs = 5_000_000;
    const alittle = takeAll(bursting, nowMs + 60_000);
    expect(startsLeft(bursting, alittle, nowMs)).toBe(0);
    expect(startAtMs(bursting, alittle, nowMs, 0)).toBe(nowMs + 60_500);
    const far = takeAll(bursting, nowMs + 365 * 86_400_000);
    expect(startsLeft(bursting, far, nowMs)).toBe(3);
  });

  it("lets no more through in any time than its burst and what the time allows", () => {
    const rates = fc.record({
      starts: fc.integer({ min: 1, max: 50 }),
      perSeconds: fc.integer({ min: 1, max: 10 }),
      burst: fc.integer({ min: 1, max: 10 }),
    });
    const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(rates, steps, (rate, pauses) => {
        let nowMs = 10_000;
        let state: RateState | undefined;
        const startedAtMs: number[] = [];
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          const left = startsLeft(rate, state, nowMs);
          if (left === 0) {
            expect(startAtMs(rate, state, nowMs, 0)).toBeGreaterThan(nowMs);
            continue;
          }
          state = afterStart(rate, state, nowMs);
          expect(startsLeft(rate, state, nowMs)).toBe(left - 1);
          startedAtMs.push(nowMs);
        }
        for (const [first, fromMs] of startedAtMs.entries()) {
          for (const [last, toMs] of startedAtMs.entries()) {
            if (last < first) continue;
            const allowed = burstOf(rate) + (toMs - fromMs) / intervalMsOf(rate) + 1e-3;
            expect(last - first + 1).toBeLessThanOrEqual(allowed);
          }
        }
      }),
      { numRuns: 100 },
    );
  });
});
