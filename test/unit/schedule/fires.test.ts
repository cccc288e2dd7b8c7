import { describe, expect, it } from "vitest";
import {
  countFires,
  fireAt,
  firesBetween,
  jitterMs,
  nextFire,
} from "../../../shared/schedule/fires.ts";
import { firesProblem } from "../../../shared/schedule/fires-problem.ts";
import { fireRules } from "../../fixtures/fire-rules.ts";

const at = (text: string): number => Date.parse(text);
const noon = at("2027-05-04T12:00:00Z");
const shown = (atMs: number | undefined): string | undefined =>
  atMs === undefined ? undefined : new Date(atMs).toISOString().slice(0, 16);

describe("the next fire", () => {
  it("is strictly later than what one asks after, also by a millisecond", () => {
    const rules = fireRules("0 12 * * *");
    expect(shown(nextFire(rules, noon)?.nominalMs)).toBe("2027-05-05T12:00");
    expect(shown(nextFire(rules, noon - 1)?.nominalMs)).toBe("2027-05-04T12:00");
  });

  it("is from the start on and up to the end, both included", () => {
    const rules = fireRules("0 * * * *", "UTC", { startMs: noon, endMs: noon + 7_200_000 });
    expect(
      firesBetween(rules, 0, Number.MAX_SAFE_INTEGER, 10).map((fire) => shown(fire.nominalMs)),
    ).toEqual(["2027-05-04T12:00", "2027-05-04T13:00", "2027-05-04T14:00"]);
    expect(countFires(rules, 0, noon + 3_600_000, 10)).toBe(2);
    expect(countFires(rules, 0, Number.MAX_SAFE_INTEGER, 2)).toBe(2);
  });

  it("of a rate is its anchor, then each step", () => {
    const rules = fireRules("rate(90 minutes)", "UTC", { anchorMs: noon });
    expect(shown(nextFire(rules, 0)?.nominalMs)).toBe("2027-05-04T12:00");
    expect(shown(nextFire(rules, noon)?.nominalMs)).toBe("2027-05-04T13:30");
    expect(shown(nextFire(rules, noon + 5_400_000 - 1)?.nominalMs)).toBe("2027-05-04T13:30");
  });

  it("of a single time comes once", () => {
    const rules = fireRules("at(2027-05-04T12:00:30)", "Asia/Kathmandu");
    const fire = nextFire(rules, 0);
    expect(new Date(fire?.nominalMs ?? 0).toISOString()).toBe("2027-05-04T06:15:30.000Z");
    expect(nextFire(rules, fire?.nominalMs ?? 0)).toBeUndefined();
  });

  it("of a rare day is found as far as it is away", () => {
    const leap = fireRules("0 0 29 2 *");
    expect(shown(nextFire(leap, at("2096-03-01T00:00:00Z"))?.nominalMs)).toBe("2104-02-29T00:00");
    const fifthSunday = fireRules("cron(0 0 ? 2 1#5 *)");
    expect(shown(nextFire(fifthSunday, noon)?.nominalMs)).toBe("2032-02-29T00:00");
  });

  it("is none beyond the years of cron and beyond the horizon", () => {
    const rules = fireRules("0 0 1 1 *");
    expect(shown(nextFire(rules, at("2198-06-01T00:00:00Z"))?.nominalMs)).toBe("2199-01-01T00:00");
    expect(nextFire(rules, at("2199-06-01T00:00:00Z"))).toBeUndefined();
    expect(nextFire(fireRules("cron(0 0 1 1 ? 2199)"), noon)).toBeUndefined();
  });
});

describe("jitter", () => {
  it("is the same for every fire of a schedule, within its bound, and spreads schedules", () => {
    const offsets = Array.from({ length: 1_000 }, (_, index) => {
      const rules = fireRules("0 0 * * *", "UTC", {
        jitterSeconds: 600,
        jitterSeed: `acme/nightly-${index}`,
      });
      const fires = firesBetween(rules, noon, Number.MAX_SAFE_INTEGER, 3);
      const own = new Set(fires.map(({ dueMs, effectiveMs }) => effectiveMs - dueMs));
      expect([...own]).toEqual([jitterMs(rules)]);
      return jitterMs(rules) / 1_000;
    });
    expect(Math.min(...offsets)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...offsets)).toBeLessThanOrEqual(600);
    // Of a thousand in ten minutes, each minute gets about a hundred.
    const perMinute = Array.from(
      { length: 10 },
      (_, minute) => offsets.filter((seconds) => Math.floor(seconds / 60) === minute).length,
    );
    for (const count of perMinute) expect(count).toBeGreaterThan(50);
  });

  it("does not change what slot it is", () => {
    const plain = nextFire(fireRules("0 0 * * *"), noon);
    const spread = nextFire(fireRules("0 0 * * *", "UTC", { jitterSeconds: 3_600 }), noon);
    expect([spread?.nominalMs, spread?.dueMs]).toEqual([plain?.nominalMs, plain?.dueMs]);
    expect(
      fireAt(fireRules("0 0 * * *", "UTC", { jitterSeconds: 3_600 }), plain?.nominalMs ?? 0),
    ).toEqual(spread);
  });
});

describe("rules that never fire", () => {
  it.each([
    ["cron(0 0 1 1 ? 2020)", {}, "expression", "in the past"],
    ["at(2020-01-01T00:00:00)", {}, "expression", "in the past"],
    ["cron(0 0 1 1 ? 2199)", {}, "expression", "soon enough"],
    [
      "cron(0 0 1 1 ? 2028)",
      { startMs: at("2029-01-01T00:00:00Z") },
      "startAt",
      "before the start",
    ],
    ["0 0 * * *", { endMs: noon - 1 }, "endAt", "in the past"],
    ["0 0 * * *", { endMs: noon + 1 }, "endAt", "before its first time"],
    ["0 0 * * *", { startMs: noon, endMs: noon }, "endAt", "not later than the start"],
  ])("%s %j are refused for their %s: %s", (expression, more, field, message) => {
    const problem = firesProblem(fireRules(expression, "UTC", more), noon);
    expect(problem?.field).toBe(field);
    expect(problem?.message).toContain(message);
  });

  it("because their only time does not exist are refused", () => {
    const rules = fireRules("at(2028-03-26T02:30:00)", "Europe/Berlin");
    expect(firesProblem(rules, noon)?.message).toContain(
      "2028-03-26T02:30:00 does not exist in Europe/Berlin",
    );
  });

  it("because they fire often on a day cannot move to another day", () => {
    for (const expression of ["0 9,17 * * *", "rate(1 day)", "rate(47 hours)"]) {
      for (const onClosedDay of ["next", "previous"] as const) {
        const problem = firesProblem(fireRules(expression, "UTC", { onClosedDay }), noon);
        expect(problem).toMatchObject({ field: "onClosedDay" });
      }
    }
    for (const expression of ["0 9 * * *", "rate(2 days)", "at(2027-06-01T00:00:00)"]) {
      expect(firesProblem(fireRules(expression, "UTC", { onClosedDay: "next" }), noon)).toBe(
        undefined,
      );
    }
  });
});
