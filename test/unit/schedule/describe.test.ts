import { describe, expect, it } from "vitest";
import { describeExpression } from "../../../shared/schedule/describe.ts";
import { fireRules } from "../../fixtures/fire-rules.ts";

describe("an expression in plain words", () => {
  it.each([
    ["cron(30 2 ? * 6L *)", "at 02:30 on the last Friday of every month"],
    ["cron(0/15 * * * ? *)", "every 15 minutes"],
    ["cron(* * * * ? *)", "every minute"],
    ["cron(0 * * * ? *)", "every hour"],
    ["cron(5 * ? * MON-FRI *)", "5 minutes past every hour, Monday to Friday"],
    ["cron(1 * ? * SUN *)", "1 minute past every hour, on Sunday"],
    ["cron(10,20 * * * ? *)", "at minutes 10 and 20 of every hour"],
    ["cron(* 9 * * ? *)", "every minute of hour 9"],
    ["cron(0 9-17 ? * MON-FRI *)", "every hour from 09:00 to 17:00, Monday to Friday"],
    ["cron(0/15 9-17 ? * 2-6 *)", "every 15 minutes from 09:00 to 17:45, Monday to Friday"],
    ["cron(0 0/6 * * ? *)", "at 00:00, 06:00, 12:00 and 18:00 every day"],
    ["cron(0 9 ? * MON-FRI *)", "at 09:00, Monday to Friday"],
    ["cron(0 9 ? * SAT,SUN *)", "at 09:00 on Sunday and Saturday"],
    ["cron(0 0 1,15 * ? *)", "at 00:00 on days 1 and 15 of every month"],
    ["cron(0 0 L * ? *)", "at 00:00 on the last day of every month"],
    ["cron(0 0 L-1 * ? *)", "at 00:00, 1 day before the last day of every month"],
    ["cron(0 0 LW JAN,JUL ? 2027)", "at 00:00 on the last workday of January and July in 2027"],
    ["cron(0 0 15W * ? *)", "at 00:00 on the workday nearest to day 15 of every month"],
    [
      "cron(0 8 ? * 2#1 2027-2030)",
      "at 08:00 on the first Monday of every month from 2027 to 2030",
    ],
    ["cron(0 12 ? * * 2030-2199)", "at 12:00 every day from 2030 on"],
    ["cron(1 0/2 * 3 ? *)", "every 2 hours from 00:01 to 22:01, every day in March"],
    ["at(2027-01-31T09:00:05)", "once, at 09:00:05 on Sunday, 2027-01-31"],
  ])("says of %s: %s", (expression, words) => {
    const { expression: parsed } = fireRules(expression);
    expect(describeExpression(parsed, "Europe/Berlin")).toBe(`${words}, Europe/Berlin`);
  });

  it.each([
    ["rate(1 minute)", "every minute"],
    ["rate(90 minutes)", "every 90 minutes"],
    ["rate(1 hour)", "every hour"],
    ["rate(36 hours)", "every 36 hours"],
    ["rate(1 day)", "every 24 hours"],
    ["rate(7 days)", "every 7 days of 24 hours"],
  ])("says of %s, which no zone matters to: %s", (expression, words) => {
    const { expression: parsed } = fireRules(expression);
    expect(describeExpression(parsed, "Europe/Berlin")).toBe(words);
  });
});
