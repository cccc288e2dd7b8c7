import { describe, expect, it } from "vitest";
import { firesBetween } from "../../../shared/schedule/fires.ts";
import { fireRules } from "../../fixtures/fire-rules.ts";

/** The days of a year on which an expression fires, as MM-DD. */
function daysOf(dayOfMonth: string, dayOfWeek: string, year: number): readonly string[] {
  const rules = fireRules(`cron(0 0 ${dayOfMonth} * ${dayOfWeek} ${year})`);
  const fires = firesBetween(rules, 0, Number.MAX_SAFE_INTEGER, 400);
  return fires.map(({ nominalMs }) => new Date(nominalMs).toISOString().slice(5, 10));
}

describe("the days of a cron expression", () => {
  it.each([
    // Saturday 2 January, Sunday 3 January; 1 May is a Saturday, 1 August a Sunday.
    ["1W", "?", ["01-01", "02-01", "03-01", "04-01", "05-03", "06-01", "07-01", "08-02"]],
    ["2W", "?", ["01-01", "02-02", "03-02", "04-02", "05-03", "06-02", "07-02", "08-02"]],
    // Sunday 31 January stays within its month, and so does Saturday 31 July.
    ["31W", "?", ["01-29", "03-31", "05-31", "07-30", "08-31", "10-29", "12-31"]],
    ["30W", "?", ["01-29", "03-30", "04-30", "05-31", "06-30", "07-30", "08-30", "09-30"]],
    ["LW", "?", ["01-29", "02-26", "03-31", "04-30", "05-31", "06-30", "07-30", "08-31"]],
    ["L", "?", ["01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31"]],
    ["L-30", "?", ["01-01", "03-01", "05-01", "07-01", "08-01", "10-01", "12-01"]],
    ["31", "?", ["01-31", "03-31", "05-31", "07-31", "08-31", "10-31", "12-31"]],
    ["29-30", "?", ["01-29", "01-30", "03-29", "03-30", "04-29", "04-30", "05-29", "05-30"]],
    ["?", "6L", ["01-29", "02-26", "03-26", "04-30", "05-28", "06-25", "07-30", "08-27"]],
    ["?", "2#5", ["03-29", "05-31", "08-30", "11-29"]],
    ["?", "3#1", ["01-05", "02-02", "03-02", "04-06", "05-04", "06-01", "07-06", "08-03"]],
    ["?", "L", ["01-02", "01-09", "01-16", "01-23", "01-30", "02-06", "02-13", "02-20"]],
  ])("%s %s of 2027 are known", (dayOfMonth, dayOfWeek, expected) => {
    expect(daysOf(dayOfMonth, dayOfWeek, 2027).slice(0, 8)).toEqual(expected);
  });

  it.each([
    ["a Sunday at the end of a month", 2027, "01-29"],
    ["a Saturday at the end of a month", 2026, "01-30"],
  ])("of 31W keep within the month for %s", (_, year, expected) => {
    expect(daysOf("31W", "?", year)[0]).toBe(expected);
  });
});
