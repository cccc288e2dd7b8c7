import { type CronDays, daysIn } from "./cron-days.ts";
import { civilDay, dayMs, dayNumber, dayOf, hourMs, type LocalMs, minuteMs } from "./local-time.ts";
import type { CronExpression } from "./parse-cron.ts";

/** The next time after a given one that the expression names, whether or not a zone's clocks show it. */
export function nextCronSlot(
  expression: CronExpression,
  afterLocalMs: LocalMs,
): LocalMs | undefined {
  const today = dayOf(afterLocalMs);
  const minuteOfDay = Math.floor((afterLocalMs - today * dayMs) / minuteMs);
  if (isSlotDay(expression, today)) {
    const time = nextTime(expression, minuteOfDay);
    if (time !== undefined) return today * dayMs + time;
  }
  const day = nextSlotDay(expression, today + 1);
  const first = nextTime(expression, -1);
  return day === undefined || first === undefined ? undefined : day * dayMs + first;
}

/** The first time of a day after one of its minutes, as milliseconds of the day. */
function nextTime(
  { hours, minutes }: CronExpression,
  afterMinuteOfDay: number,
): number | undefined {
  const hourNow = Math.floor(afterMinuteOfDay / 60);
  for (const hour of hours) {
    if (hour < hourNow) continue;
    const afterMinute = hour === hourNow ? afterMinuteOfDay % 60 : -1;
    const minute = minutes.find((value) => value > afterMinute);
    if (minute !== undefined) return hour * hourMs + minute * minuteMs;
  }
  return undefined;
}

function isSlotDay({ years, months, days }: CronExpression, day: number): boolean {
  const date = civilDay(day);
  if (!months.includes(date.month) || !years.includes(date.year)) return false;
  return isDayOf(days, date);
}

function isDayOf(
  days: CronDays,
  date: { readonly year: number; readonly month: number; readonly day: number },
): boolean {
  return days.kind === "every-day" || daysIn(days, date.year, date.month).includes(date.day);
}

function nextSlotDay({ years, months, days }: CronExpression, fromDay: number): number | undefined {
  const from = civilDay(fromDay);
  for (const year of years) {
    if (year < from.year) continue;
    for (const month of months) {
      const isFirst = year === from.year && month === from.month;
      if (year === from.year && month < from.month) continue;
      const earliest = isFirst ? from.day : 1;
      const day =
        days.kind === "every-day"
          ? earliest
          : daysIn(days, year, month).find((value) => value >= earliest);
      if (day !== undefined) return dayNumber(year, month, day);
    }
  }
  return undefined;
}
