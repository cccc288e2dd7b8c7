import { describe, expect, it } from "vitest";
import { limits } from "../../../shared/core/limits.ts";
import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";

function textOf(given: string): string {
  const parsed = parseExpression(given);
  if (isExpressionError(parsed)) throw new Error(`${given}: ${parsed.message}`);
  return parsed.text;
}

function errorOf(given: string) {
  const parsed = parseExpression(given);
  if (!isExpressionError(parsed)) throw new Error(`${given} was read as ${parsed.text}`);
  return parsed;
}

describe("an expression", () => {
  it.each([
    "cron(30 2 * * ? *)",
    "cron(0/15 9-17 ? JAN-MAR,DEC MON-FRI 2026-2030/2)",
    "cron(5,10 0 L-3 * ? *)",
    "cron(0 0 LW * ? *)",
    "cron(0 0 15W 1 ? 2199)",
    "cron(0 0 ? * 6L *)",
    "cron(0 0 ? * FRIL *)",
    "cron(0 0 ? * 3#2 *)",
    "cron(0 0 ? * L *)",
    "cron(0 0 29 2 ? *)",
    "rate(1 minute)",
    "rate(15 minutes)",
    "rate(36500 days)",
    "at(2027-01-31T09:00:00)",
    "at(2199-12-31T23:59:59)",
  ])("%s is taken as it is", (given) => {
    expect(textOf(given)).toBe(given);
  });

  it.each([
    [" cron( 30  2 * * ?  * ) ", "cron(30 2 * * ? *)"],
    ["cron(0 0 ? * mon-fri *)", "cron(0 0 ? * MON-FRI *)"],
    ["cron(0 22-2 * * ? *)", "cron(0 0-2,22,23 * * ? *)"],
    ["cron(0 0 ? * FRI-MON *)", "cron(0 0 ? * 1,2,6,7 *)"],
    ["cron(0 0 ? NOV-FEB/2 2/2 *)", "cron(0 0 ? 1,11 2,4,6 *)"],
    ["cron(0 0 30-2 * ? *)", "cron(0 0 1,2,30,31 * ? *)"],
    ["rate(015 minutes)", "rate(15 minutes)"],
    ["at( 2027-01-31T09:00:00 )", "at(2027-01-31T09:00:00)"],
  ])("%s is told to EventBridge as %s", (given, text) => {
    expect(textOf(given)).toBe(text);
  });

  it.each([
    ["30 2 * * *", "cron(30 2 * * ? *)"],
    ["*/5 9-17 1,15 * *", "cron(*/5 9-17 1,15 * ? *)"],
    ["0 0 * * 0", "cron(0 0 ? * 1 *)"],
    ["0 0 * * 7", "cron(0 0 ? * 1 *)"],
    ["0 0 * * 5-7", "cron(0 0 ? * 1,6,7 *)"],
    ["0 0 * * FRI-SUN", "cron(0 0 ? * 1,6,7 *)"],
    ["0 0 * jun wed", "cron(0 0 ? JUN 4 *)"],
    ["0 9 * * 1-5", "cron(0 9 ? * 2-6 *)"],
    ["0 0 * * */2", "cron(0 0 ? * 1,3,5,7 *)"],
    ["@hourly", "cron(0 * * * ? *)"],
    ["@daily", "cron(0 0 * * ? *)"],
    ["@Weekly", "cron(0 0 ? * 1 *)"],
    ["@monthly", "cron(0 0 1 * ? *)"],
    ["@yearly", "cron(0 0 1 1 ? *)"],
  ])("of cron programs, %s, is translated to %s and says so", (given, text) => {
    const parsed = parseExpression(given);
    expect(parsed).toMatchObject({ text, note: `"${given}" is read as ${text}` });
  });
});

/** What is given, the character that is wrong, and words of the complaint and of the suggestion. */
const wrong: readonly (readonly [string, number, string, string | undefined])[] = [
  ["", 1, "empty", "such as"],
  ["cron(0 0 31 2 ? *)", 10, "none of these months has this day", '"L"'],
  ["cron(0 0 30,31 2 ? *)", 10, "none of these months has this day", '"L"'],
  ["cron(0 0 29 2 ? 2100)", 17, "in none of these years", "other years"],
  ["cron(0 0 ? 2 1#5 2027)", 18, "in none of these years", "other years"],
  ["30 2", 5, "five plain cron fields", '"30 2 * * *"'],
  ["every day", 10, "five plain cron fields", "such as"],
  ["0 30 2 * * ?", 1, "five plain cron fields", '"cron(30 2 * * ? *)"'],
  ["0 9 ? * MON *", 1, "five plain cron fields", '"cron(0 9 ? * MON *)"'],
  ["0 9 ? * MON", 5, '"?" is not a part of five-field cron', '"cron(0 9 ? * MON *)"'],
  ["0 9 L * *", 5, '"L" is not a part of five-field cron', "cron(…)"],
  ["0 0 13 * 5", 10, "both set", "two schedules"],
  ["0 0 31 2 *", 5, "none of these months has this day", '"L"'],
  ["0 0 * * 8", 9, '"8" is no day-of-week', "0 to 7"],
  ["@reboot", 1, "not known", "@daily"],
  ["cron(0 0 * * * *)", 14, "both set", '"?" here'],
  ["cron(0 0 * * MON *)", 10, "both set", '"?" here'],
  ["cron(0 0 1 * MON *)", 14, "both set", "two schedules"],
  ["cron(0 0 ? * ? *)", 14, 'both "?"', '"*"'],
  ["cron(0 0 * * ?)", 15, "six fields, and there are 5", '"cron(0 0 * * ? *)"'],
  ["cron(0 0 0 * * ? *)", 18, "six fields, and there are 7", '"cron(0 0 * * ? *)"'],
  ["cron()", 6, "six fields, and there are 0", "minutes hours"],
  ["cron(99 77 * * ? *)", 6, '"99" is no minute', "0 to 59"],
  ["cron(0 24 * * ? *)", 8, '"24" is no hour', "0 to 23"],
  ["cron(0 0 0 * ? *)", 10, '"0" is no day-of-month', "1 to 31"],
  ["cron(0 0 ? * 0 *)", 14, '"0" is no day-of-week', "Sunday is 1"],
  ["cron(0 0 ? * MONDAY *)", 14, '"MONDAY" is no day-of-week', '"MON"'],
  ["cron(0 0 * JUNE ? *)", 12, '"JUNE" is no month', '"JUN"'],
  ["cron(0 0 * * ? 1969)", 16, '"1969" is no year', "1970 to 2199"],
  ["cron(0 0 * * ? 2030-2027)", 16, "ends before it begins", '"2027-2030"'],
  ["cron(0/90 * * * ? *)", 8, 'the step "90"', "1 to 59"],
  ["cron(0/0 * * * ? *)", 8, 'the step "0"', "1 to 59"],
  ["cron(0/5/5 * * * ? *)", 9, 'second "/"', undefined],
  ["cron(/5 * * * ? *)", 6, "without a beginning", '"*/5"'],
  ["cron(1,,2 * * * ? *)", 8, "lacks a value", "0 to 59"],
  ["cron(1- * * * ? *)", 8, "lacks a value", "0 to 59"],
  ["cron(-5 * * * ? *)", 6, '"-5" is no minute', "0 to 59"],
  ["cron(1.5 * * * ? *)", 6, '"1.5" is no minute', "0 to 59"],
  ["cron(0 0 1,L * ? *)", 12, "not understood", "stand alone"],
  ["cron(0 0 32W * ? *)", 10, '"32" is no day-of-month', "1 to 31"],
  ["cron(0 0 ? * 2L,3 *)", 15, "not understood", "stand alone"],
  ["cron(0 0 ? * 3#1,6#3 *)", 15, "not understood", "stand alone"],
  ["cron(0 0 ? * 3#6 *)", 16, '"3#6"', '"#5"'],
  ["CRON(0 0 * * ? *)", 1, "small letters", '"cron(0 0 * * ? *)"'],
  ["cron (0 0 * * ? *)", 1, "right behind it", '"cron(0 0 * * ? *)"'],
  ["cron(0 0 * * ? *", 17, "not closed", '"cron(0 0 * * ? *)"'],
  ["cron(0 0 * * ? *) UTC", 18, "nothing may follow", undefined],
  ["every(5 minutes)", 1, "there is no", "rate(…)"],
  ["rate(0 minutes)", 6, '"0" is not a whole number above zero', "rate(15 minutes)"],
  ["rate(-5 days)", 6, '"-5" is not a whole number above zero', "rate(15 minutes)"],
  ["rate(1.5 hours)", 6, "not a whole number", '"rate(90 minutes)"'],
  ["rate(1 minutes)", 8, 'must be "minute"', '"rate(1 minute)"'],
  ["rate(5 minute)", 8, 'must be "minutes"', '"rate(5 minutes)"'],
  ["rate(2 constructors)", 8, '"constructors" is no unit', "minute, hour and day"],
  ["rate(30 seconds)", 9, '"seconds" is no unit', "a minute is the shortest"],
  ["rate(2 weeks)", 8, '"weeks" is no unit', '"rate(14 days)"'],
  ["rate(5)", 7, "a number and a unit", "rate(15 minutes)"],
  ["rate(99999999999 days)", 6, "longer than 100 years", "36500 days"],
  ["at(9999-01-01T00:00:00)", 4, "1970 to 2199", undefined],
  ["at(2026-13-01T00:00:00)", 9, "01 to 12", undefined],
  ["at(2026-02-30T00:00:00)", 12, "no day 30 in 2026-02", "28 days"],
  ["at(2026-12-31T24:00:00)", 15, "00 to 23", '"at(2027-01-01T00:00:00)"'],
  ["at(2026-12-31T23:60:00)", 18, "00 to 59", undefined],
  ["at(2026-12-31T23:59:60)", 21, "00 to 59", "leap seconds"],
  ["at(2026-12-31T23:59:59Z)", 23, "without an offset", '"at(2026-12-31T23:59:59)"'],
  ["at(2026-12-31T23:59:59.5)", 23, "whole seconds", '"at(2026-12-31T23:59:59)"'],
  ["at(tomorrow)", 4, "yyyy-mm-ddThh:mm:ss", "such as"],
  ["cron(0 0 * * \u061f *)", 14, "no meaning", undefined],
  ["cron(0\n0 * * ? *)", 7, "no meaning", undefined],
];

describe("a wrong expression", () => {
  it.each(wrong)("%j is refused at character %i: %s", (given, position, message, suggestion) => {
    const error = errorOf(given);
    expect(error.message).toContain(message);
    expect(error.position).toBe(position);
    if (suggestion === undefined) expect(error.suggestion).toBeUndefined();
    else expect(error.suggestion).toContain(suggestion);
  });

  it("that is too long is refused before anything else", () => {
    const given = `cron(${"0,".repeat(limits.expressionCharsMax)}0 * * * ? *)`;
    expect(errorOf(given)).toMatchObject({ position: limits.expressionCharsMax + 1 });
  });

  it.each([
    "0 9 ? * MON",
    "0 30 2 * * ?",
    "CRON(0 0 * * ? *)",
    "cron(0 0 * * ? *",
    "cron(0 0 * * ?)",
  ])("such as %s gets a suggestion that is taken", (given) => {
    const suggested = /"(.*)"$/.exec(errorOf(given).suggestion ?? "")?.[1] ?? "";
    expect(textOf(suggested)).toBe(suggested);
  });
});
