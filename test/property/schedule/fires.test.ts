import { Cron } from "croner";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import { countFires, firesBetween, nextFire } from "../../../shared/schedule/fires.ts";
import { cronSamples } from "../../fixtures/cron-samples.ts";
import { fireRules } from "../../fixtures/fire-rules.ts";
import { walkThroughMinutes, wallMinutes } from "../../fixtures/minute-oracle.ts";

const dayMs = 86_400_000;
const firesMax = 1_000_000;

const zones = [
  "UTC",
  "America/New_York",
  "Europe/Berlin",
  "Australia/Lord_Howe",
  "Pacific/Chatham",
  "Asia/Kolkata",
  "Asia/Kathmandu",
  "America/St_Johns",
  "Africa/Casablanca",
  "America/Santiago",
  "Pacific/Apia",
  "America/Havana",
  "Asia/Beirut",
  "Africa/Cairo",
  "Antarctica/Troll",
  "Asia/Tehran",
  "America/Asuncion",
  "Atlantic/Azores",
] as const;

const shownBefore = new Map<string, Float64Array>();

/** Walks of the same stretch of time share what the clocks show. */
function shownIn(zone: string, fromMs: number, toMs: number): Float64Array {
  const key = `${zone} ${fromMs} ${toMs}`;
  const known = shownBefore.get(key) ?? wallMinutes(zone, fromMs, toMs);
  shownBefore.set(key, known);
  return known;
}

const iso = (instants: readonly number[]): readonly string[] =>
  instants.map((atMs) => new Date(atMs).toISOString());

/** A quarter of a year in some zone; every change of clocks is in one of them. */
const quarters = fc
  .record({
    zone: fc.constantFrom(...zones),
    year: fc.integer({ min: 1996, max: 2036 }),
    quarter: fc.integer({ min: 0, max: 3 }),
  })
  .map(({ zone, year, quarter }) => ({
    zone,
    fromMs: Date.UTC(year, quarter * 3, 1),
    toMs: Date.UTC(year, quarter * 3 + 3, 1),
  }));

describe("the fires of any cron expression", () => {
  it("are those that a walk through all minutes finds", () => {
    fc.assert(
      fc.property(cronSamples, quarters, ({ text, matches }, { zone, fromMs, toMs }) => {
        const parsed = parseExpression(text);
        // Such as the thirtieth of February: the walk must agree that there is none.
        if (isExpressionError(parsed)) {
          const found = walkThroughMinutes(shownIn(zone, fromMs, toMs), fromMs, matches);
          expect([text, found]).toEqual([text, []]);
          return;
        }
        const rules = fireRules(text, zone);
        const fires = firesBetween(rules, fromMs - 1, toMs - 1, firesMax);
        const expected = walkThroughMinutes(shownIn(zone, fromMs, toMs), fromMs, matches);
        expect(iso(fires.map(({ nominalMs }) => nominalMs))).toEqual(iso(expected));
      }),
      { numRuns: 150 },
    );
  });

  it("increase strictly, whatever instant one asks after, and none is left out", () => {
    fc.assert(
      fc.property(
        cronSamples.filter(({ text }) => !isExpressionError(parseExpression(text))),
        quarters,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }),
        ({ text }, { zone, fromMs, toMs }, places) => {
          const rules = fireRules(text, zone);
          const fires = firesBetween(rules, fromMs, toMs, 500).map(({ nominalMs }) => nominalMs);
          for (const [index, atMs] of fires.entries()) {
            expect(atMs).toBeGreaterThan(fires[index - 1] ?? fromMs);
          }
          const endMs = fires.at(-1) ?? fromMs;
          for (const place of places) {
            const afterMs = Math.floor(fromMs + place * (endMs - fromMs));
            if (afterMs >= endMs) continue;
            expect(nextFire(rules, afterMs)?.nominalMs).toBe(fires.find((atMs) => atMs > afterMs));
          }
          expect(countFires(rules, fromMs, endMs, 1_000)).toBe(fires.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  it("are those of croner where both mean the same", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        cronSamples.filter(({ cronerText }) => cronerText !== undefined),
        fc.constantFrom("UTC", "Asia/Kolkata", "Asia/Kathmandu", "Asia/Tokyo"),
        fc.integer({ min: 0, max: 20_000 }),
        ({ text, cronerText = "" }, zone, day) => {
          if (isExpressionError(parseExpression(text))) return;
          const fromMs = day * dayMs;
          const croner = new Cron(cronerText, {
            timezone: zone,
            alternativeWeekdays: true,
            sloppyRanges: true,
            domAndDow: false,
            paused: true,
          });
          const expected = croner
            .nextRuns(40, new Date(fromMs))
            .map((date) => date.getTime())
            // EventBridge knows no later years.
            .filter((atMs) => atMs < Date.UTC(2200, 0, 1));
          const rules = fireRules(text, zone);
          const fires = firesBetween(rules, fromMs, expected.at(-1) ?? fromMs, 1_000);
          expect([text, iso(fires.map(({ nominalMs }) => nominalMs))]).toEqual([
            text,
            iso(expected),
          ]);
          compared += 1;
        },
      ),
      { numRuns: 300 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});

describe("a year of 02:30 every day", () => {
  it.each(zones)("is what the clocks of %s show", (zone) => {
    for (const year of [1999, 2011, 2027]) {
      const fromMs = Date.UTC(year, 0, 1);
      const toMs = Date.UTC(year + 1, 0, 1);
      const expected = walkThroughMinutes(
        wallMinutes(zone, fromMs, toMs),
        fromMs,
        ({ hour, minute }) => hour === 2 && minute === 30,
      );
      const fires = firesBetween(fireRules("cron(30 2 * * ? *)", zone), fromMs - 1, toMs - 1, 400);
      expect(iso(fires.map(({ nominalMs }) => nominalMs))).toEqual(iso(expected));
    }
  });
});

describe("the fires of a rate", () => {
  it("are its anchor and whole steps from there, whatever the clocks show", () => {
    fc.assert(
      fc.property(
        fc.record({
          count: fc.integer({ min: 1, max: 1_000 }),
          unit: fc.constantFrom("minute", "hour", "day"),
          anchorMs: fc.integer({ min: 0, max: 3_000_000_000_000 }),
          afterMs: fc.integer({ min: 0, max: 3_000_000_000_000 }),
          zone: fc.constantFrom(...zones),
        }),
        ({ count, unit, anchorMs, afterMs, zone }) => {
          const text = `rate(${count} ${unit}${count === 1 ? "" : "s"})`;
          const stepMs = count * { minute: 60_000, hour: 3_600_000, day: dayMs }[unit];
          const fire = nextFire(fireRules(text, zone, { anchorMs }), afterMs);
          const nominalMs = fire?.nominalMs ?? Number.NaN;
          expect(nominalMs).toBeGreaterThan(afterMs);
          expect((nominalMs - anchorMs) % stepMs).toBe(0);
          expect(nominalMs === anchorMs || nominalMs - stepMs <= afterMs).toBe(true);
        },
      ),
    );
  });
});
