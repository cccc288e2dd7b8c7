import { type CronDays, daysIn, parseDayOfMonth, parseDayOfWeek } from "./cron-days.ts";
import { fieldRanges, parseField, type Token } from "./cron-field.ts";
import { type ExpressionError, expressionError } from "./expression-error.ts";

/** Fires at each of its hours and minutes on each of its days, as the clocks of a zone show them. */
export interface CronExpression {
  readonly kind: "cron";
  /** As EventBridge Scheduler takes it. */
  readonly text: string;
  /** How it was understood, where it was written in another way. */
  readonly note?: string;
  readonly minutes: readonly number[];
  readonly hours: readonly number[];
  readonly days: CronDays;
  readonly months: readonly number[];
  readonly years: readonly number[];
}

const fieldNames = "minutes hours day-of-month month day-of-week year";

/** The pieces of a text between its white space, with their places. */
export function tokensOf(text: string, position: number): readonly Token[] {
  return [...text.matchAll(/\S+/g)].map((match) => ({
    text: match[0],
    position: position + match.index,
  }));
}

/** Reads what stands within `cron(…)`; `position` is where that begins. */
export function parseCron(inside: string, position: number): CronExpression | ExpressionError {
  const tokens = tokensOf(inside, position);
  const [minute, hour, dayOfMonth, month, dayOfWeek, year, extra] = tokens;
  if (
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined ||
    year === undefined ||
    extra !== undefined
  ) {
    return wrongCount(tokens, position + inside.length, extra);
  }
  const minutes = parseField(minute, fieldRanges.minute);
  if ("error" in minutes) return minutes;
  const hours = parseField(hour, fieldRanges.hour);
  if ("error" in hours) return hours;
  const days = parseDays(dayOfMonth, dayOfWeek);
  if ("error" in days) return days;
  const months = parseField(month, fieldRanges.month);
  if ("error" in months) return months;
  const years = parseField(year, fieldRanges.year);
  if ("error" in years) return years;
  const neverError = neverHappens(days.days, months.values, years.values, {
    dayOfMonth,
    dayOfWeek,
    year,
  });
  if (neverError !== undefined) return neverError;
  const texts = [minutes, hours, days.dayOfMonth, months, days.dayOfWeek, years];
  return {
    kind: "cron",
    text: `cron(${texts.map(({ text }) => text).join(" ")})`,
    minutes: minutes.values,
    hours: hours.values,
    days: days.days,
    months: months.values,
    years: years.values,
  };
}

function wrongCount(
  tokens: readonly Token[],
  end: number,
  extra: Token | undefined,
): ExpressionError {
  const texts = tokens.map(({ text }) => text);
  const suggestion =
    tokens.length === 5
      ? `the year is missing: write "cron(${[...texts, "*"].join(" ")})"`
      : tokens.length === 7
        ? `there are no seconds: write "cron(${texts.slice(1).join(" ")})"`
        : `the fields are: ${fieldNames}`;
  return expressionError(
    `cron(…) has six fields, and there ${tokens.length === 1 ? "is 1" : `are ${tokens.length}`}`,
    extra?.position ?? end,
    suggestion,
  );
}

interface DayFields {
  readonly days: CronDays;
  readonly dayOfMonth: { readonly text: string };
  readonly dayOfWeek: { readonly text: string };
}

/** Exactly one of the two fields says which days; the other is "?". */
function parseDays(dayOfMonth: Token, dayOfWeek: Token): DayFields | ExpressionError {
  const any = { text: "?" };
  if (dayOfMonth.text === "?" && dayOfWeek.text === "?") {
    return expressionError(
      'day-of-month and day-of-week are both "?"',
      dayOfWeek.position,
      'write "*" for one of them to mean every day',
    );
  }
  if (dayOfMonth.text === "?") {
    const field = parseDayOfWeek(dayOfWeek);
    return "error" in field ? field : { days: field.days, dayOfMonth: any, dayOfWeek: field };
  }
  if (dayOfWeek.text === "?") {
    const field = parseDayOfMonth(dayOfMonth);
    return "error" in field ? field : { days: field.days, dayOfMonth: field, dayOfWeek: any };
  }
  const free = dayOfMonth.text === "*" && dayOfWeek.text !== "*" ? dayOfMonth : dayOfWeek;
  return expressionError(
    "day-of-month and day-of-week are both set",
    free.position,
    free.text === "*"
      ? 'write "?" here'
      : 'write "?" for one of them; days by both need two schedules',
  );
}

/** Some combinations of days, months and years are in no calendar, such as 31 February. */
function neverHappens(
  days: CronDays,
  months: readonly number[],
  years: readonly number[],
  tokens: { readonly dayOfMonth: Token; readonly dayOfWeek: Token; readonly year: Token },
): ExpressionError | undefined {
  const happensIn = (year: number): boolean =>
    months.some((month) => daysIn(days, year, month).length > 0);
  if (years.some(happensIn)) return undefined;
  // Any forty years have every kind of month, with the rare leap years in their middle or not.
  const ever = Array.from({ length: 40 }, (_, index) => 2000 + index).some(happensIn);
  const { dayOfMonth, dayOfWeek, year } = tokens;
  const token = ever ? year : dayOfMonth.text === "?" ? dayOfWeek : dayOfMonth;
  return expressionError(
    ever ? "this day is in none of these years" : "none of these months has this day",
    token.position,
    ever ? "take other years, or * for all" : 'for the last day of a month write "L"',
  );
}
