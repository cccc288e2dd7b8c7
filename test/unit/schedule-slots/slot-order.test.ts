import { describe, expect, it } from "vitest";
import { CalendarSpec } from "../../../shared/schedule/calendar.ts";
import { closedDaysOf } from "../../../shared/schedule/closed-days.ts";
import { isExpressionError, parseExpression } from "../../../shared/schedule/expression.ts";
import { type FireRules, firesBetween } from "../../../shared/schedule/fires.ts";
import type { CalendarPolicy } from "../../../shared/schedule/schedule.ts";
import { type SlotMark, slotOrder } from "../../../shared/schedule/slot-order.ts";

const fromMs = Date.parse("2026-11-01T00:00:00Z");
const toMs = Date.parse("2027-03-01T00:00:00Z");

function rulesOf(expression: string, onClosedDay: CalendarPolicy, calendar: object): FireRules {
  const parsed = parseExpression(expression);
  if (isExpressionError(parsed)) throw new Error(parsed.message);
  const spec = CalendarSpec.parse(calendar);
  return {
    expression: parsed,
    timezone: "America/New_York",
    anchorMs: fromMs,
    closed: closedDaysOf([{ name: "c", spec, holidays: new Map() }]),
    onClosedDay,
    jitterSeconds: 0,
    jitterSeed: "",
  };
}

const calendars = {
  weekends: { weekend: ["SAT", "SUN"] },
  "weekends and the turn of the year": {
    weekend: ["SAT", "SUN"],
    freezes: [{ from: "2026-12-18T12:00:00Z", to: "2027-01-04T09:00:00Z" }],
  },
  "days in a row": { closedDays: ["2026-12-24", "2026-12-25", "2026-12-26", "2027-01-01"] },
};

describe("slots in the order in which they are due", () => {
  const cases = Object.entries(calendars).flatMap(([name, calendar]) =>
    (["previous", "next", "skip", "run"] as const).map((policy) => ({ name, calendar, policy })),
  );
  it.each(cases)("come once each with $policy over $name", ({ calendar, policy }) => {
    const rules = rulesOf("cron(15 9 * * ? *)", policy, calendar);
    const order = slotOrder(rules, fromMs);
    const stepwise: number[] = [];
    let mark: SlotMark = { nominalMs: fromMs, dueMs: fromMs };
    for (let next = order.next(mark); next !== undefined && next.dueMs <= toMs; ) {
      stepwise.push(next.nominalMs);
      expect(next.dueMs).toBeGreaterThanOrEqual(mark.dueMs);
      mark = next;
      next = order.next(mark);
    }
    const expected = firesBetween(rules, fromMs, toMs + 40 * 86_400_000, 10_000)
      .filter(({ dueMs }) => dueMs > fromMs && dueMs <= toMs)
      .sort((left, right) => left.dueMs - right.dueMs || left.nominalMs - right.nominalMs)
      .map(({ nominalMs }) => nominalMs);
    expect(stepwise).toEqual(expected);
    const atOnce = order.due({ nominalMs: fromMs, dueMs: fromMs }, toMs, 10_000);
    expect(atOnce.map(({ nominalMs }) => nominalMs)).toEqual(expected);
  });
});
