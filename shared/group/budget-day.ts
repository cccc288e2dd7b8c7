import { assert } from "../core/errors.ts";

/** Longer than any day, also where clocks are changed or a zone moves across the date line. */
const dayMsMax = 50 * 3_600_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** The day that an instant belongs to in a zone, as YYYY-MM-DD. */
export function budgetDay(atMs: number, timezone: string): string {
  const parts = formatOf(timezone).formatToParts(atMs);
  const part = (type: Intl.DateTimeFormatPartTypes, digits: number): string =>
    (parts.find((each) => each.type === type)?.value ?? "").padStart(digits, "0");
  return `${part("year", 4)}-${part("month", 2)}-${part("day", 2)}`;
}

/** When the next day begins there; not always at midnight, which some clock changes leave out. */
export function nextBudgetDayMs(atMs: number, timezone: string): number {
  const today = budgetDay(atMs, timezone);
  let same = atMs;
  let other = atMs + dayMsMax;
  assert(budgetDay(other, timezone) !== today, `a day in ${timezone} does not end`);
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (budgetDay(middle, timezone) === today) same = middle;
    else other = middle;
  }
  return other;
}

/** Making one takes a hundred times as long as using it. */
function formatOf(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      calendar: "gregory",
      numberingSystem: "latn",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
    });
    formats.set(timeZone, format);
  }
  return format;
}
