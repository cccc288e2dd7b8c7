import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { budgetDay, nextBudgetDayMs } from "../../../shared/group/budget-day.ts";

const at = (text: string) => Date.parse(text);
const zones = [
  "UTC",
  "Europe/Berlin",
  "America/New_York",
  "America/Sao_Paulo",
  "Asia/Kathmandu",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "Pacific/Apia",
];

describe("the day of a budget", () => {
  it.each([
    ["2026-11-20T23:30:00Z", "UTC", "2026-11-20", "2026-11-21T00:00:00.000Z"],
    ["2026-11-20T23:30:00Z", "Europe/Berlin", "2026-11-21", "2026-11-21T23:00:00.000Z"],
    ["2026-11-20T18:14:59Z", "Asia/Kathmandu", "2026-11-20", "2026-11-20T18:15:00.000Z"],
    // 23 and 25 hours: the clocks are changed on that day.
    ["2026-03-29T00:00:00Z", "Europe/Berlin", "2026-03-29", "2026-03-29T22:00:00.000Z"],
    ["2026-10-25T00:00:00Z", "Europe/Berlin", "2026-10-25", "2026-10-25T23:00:00.000Z"],
    // Its midnight was left out: clocks went from 23:59:59 to 01:00.
    ["2018-11-03T12:00:00Z", "America/Sao_Paulo", "2018-11-03", "2018-11-04T03:00:00.000Z"],
    // A whole day was left out, when the zone moved across the date line.
    ["2011-12-29T12:00:00Z", "Pacific/Apia", "2011-12-29", "2011-12-30T10:00:00.000Z"],
  ])("of %s in %s is %s and ends at %s", (now, zone, day, end) => {
    expect(budgetDay(at(now), zone)).toBe(day);
    expect(new Date(nextBudgetDayMs(at(now), zone)).toISOString()).toBe(end);
  });

  it("ends at the first instant of another day, in every zone", () => {
    const instants = fc.integer({ min: at("2000-01-01"), max: at("2040-01-01") });
    fc.assert(
      fc.property(instants, fc.constantFrom(...zones), (nowMs, zone) => {
        const day = budgetDay(nowMs, zone);
        const endMs = nextBudgetDayMs(nowMs, zone);
        expect(endMs).toBeGreaterThan(nowMs);
        expect(budgetDay(endMs - 1, zone)).toBe(day);
        expect(budgetDay(endMs, zone) > day).toBe(true);
      }),
    );
  });
});
