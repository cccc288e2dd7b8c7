import type { CronDays } from "./cron-days.ts";
import { fieldRanges } from "./cron-field.ts";
import { cronTimeText, listed } from "./describe-times.ts";
import type { ScheduleExpression } from "./expression.ts";
import { clockText, dayMs, dayOf, dayText, hourMs, minuteMs, weekdayOf } from "./local-time.ts";
import type { CronExpression } from "./parse-cron.ts";

/** In the order of EventBridge's numbers, which begin with 1. */
export const weekdayNames = [
  "Sunday",
  "Monday",
  "Tuesday",
  "Wednesday",
  "Thursday",
  "Friday",
  "Saturday",
] as const;

const monthNames = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
] as const;

const ordinals = ["first", "second", "third", "fourth", "fifth"] as const;

/** What an expression means, in plain words: "at 02:30 on the last Friday of every month, Europe/Berlin". */
export function describeExpression(expression: ScheduleExpression, timezone: string): string {
  switch (expression.kind) {
    case "rate":
      return rateText(expression.everyMs);
    case "at": {
      const day = dayOf(expression.localMs);
      const weekday = nameOf(weekdayNames, weekdayOf(day));
      return `once, at ${clockText(expression.localMs)} on ${weekday}, ${dayText(day)}, ${timezone}`;
    }
    case "cron": {
      const { text, repeats } = cronTimeText(expression);
      const days = daysText(expression, repeats);
      const joiner = !repeats && /^(on|every) /.test(days) ? " " : ", ";
      const when = days === "" ? text : text + joiner + days;
      const years = yearsText(expression);
      return `${when}${years === "" ? "" : ` ${years}`}, ${timezone}`;
    }
  }
}

function rateText(everyMs: number): string {
  if (everyMs === dayMs) return "every 24 hours";
  if (everyMs % dayMs === 0) return `every ${everyMs / dayMs} days of 24 hours`;
  if (everyMs === hourMs) return "every hour";
  if (everyMs % hourMs === 0) return `every ${everyMs / hourMs} hours`;
  return everyMs === minuteMs ? "every minute" : `every ${everyMs / minuteMs} minutes`;
}

function daysText({ days, months }: CronExpression, repeats: boolean): string {
  const allMonths = months.length === fieldRanges.month.max;
  const names = listed(months.map((month) => nameOf(monthNames, month)));
  const inMonths = allMonths ? "" : ` in ${names}`;
  if (days.kind === "every-day" || (days.kind === "weekdays" && days.weekdays.length === 7)) {
    return repeats && allMonths ? "" : `every day${inMonths}`;
  }
  if (days.kind === "weekdays") return `${weekdaysText(days.weekdays)}${inMonths}`;
  return `${specialDayText(days)} of ${allMonths ? "every month" : names}`;
}

function weekdaysText(weekdays: readonly number[]): string {
  if (weekdays.join() === "2,3,4,5,6") return "Monday to Friday";
  return `on ${listed(weekdays.map((weekday) => nameOf(weekdayNames, weekday)))}`;
}

function specialDayText(days: Exclude<CronDays, { kind: "every-day" | "weekdays" }>): string {
  switch (days.kind) {
    case "days":
      return `on day${days.days.length === 1 ? "" : "s"} ${listed(days.days.map(String))}`;
    case "last-day":
      if (days.daysBefore === 0) return "on the last day";
      return `${days.daysBefore} day${days.daysBefore === 1 ? "" : "s"} before the last day`;
    case "last-workday":
      return "on the last workday";
    case "nearest-workday":
      return `on the workday nearest to day ${days.day}`;
    case "last-weekday":
      return `on the last ${nameOf(weekdayNames, days.weekday)}`;
    case "nth-weekday":
      return `on the ${nameOf(ordinals, days.nth)} ${nameOf(weekdayNames, days.weekday)}`;
  }
}

function yearsText({ years }: CronExpression): string {
  const { min, max } = fieldRanges.year;
  const [first = min] = years;
  const last = years.at(-1) ?? max;
  if (years.length === max - min + 1) return "";
  if (years.length > 2 && last - first === years.length - 1) {
    return last === max ? `from ${first} on` : `from ${first} to ${last}`;
  }
  return `in ${listed(years.map(String))}`;
}

/** The name of a number that counts from 1. */
function nameOf(names: readonly string[], number: number): string {
  return names[number - 1] ?? String(number);
}
