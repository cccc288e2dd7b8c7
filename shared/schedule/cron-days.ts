import { type FieldValues, fieldRanges, parseField, parseValue, type Token } from "./cron-field.ts";
import { type ExpressionError, expressionError } from "./expression-error.ts";
import { dayNumber, daysInMonth, weekdayOf } from "./local-time.ts";

/** Which days of a month a cron expression means. */
export type CronDays =
  | { readonly kind: "every-day" }
  | { readonly kind: "days"; readonly days: readonly number[] }
  /** `L` and `L-3`: so many days before the last one. */
  | { readonly kind: "last-day"; readonly daysBefore: number }
  /** `LW`: the last day from Monday to Friday. */
  | { readonly kind: "last-workday" }
  /** `15W`: the day from Monday to Friday that is nearest, within the month. */
  | { readonly kind: "nearest-workday"; readonly day: number }
  | { readonly kind: "weekdays"; readonly weekdays: readonly number[] }
  /** `6L`: the last one of its kind. */
  | { readonly kind: "last-weekday"; readonly weekday: number }
  /** `3#2`: the second one of its kind. */
  | { readonly kind: "nth-weekday"; readonly weekday: number; readonly nth: number };

interface DayField {
  readonly days: CronDays;
  readonly text: string;
}

/** Reads the day-of-month field; "?" is for the caller. */
export function parseDayOfMonth(token: Token): DayField | ExpressionError {
  const text = token.text.toUpperCase();
  const range = fieldRanges.dayOfMonth;
  if (text === "*") return { days: { kind: "every-day" }, text };
  if (!/[LW]/.test(text)) {
    const field = parseField(token, range);
    return "error" in field ? field : { days: daysOf(field, "days"), text: field.text };
  }
  if (text === "L") return { days: { kind: "last-day", daysBefore: 0 }, text };
  if (text === "LW") return { days: { kind: "last-workday" }, text };
  const before = /^L-(\d{1,2})$/.exec(text)?.[1];
  if (before !== undefined && Number(before) >= 1 && Number(before) <= 30) {
    return { days: { kind: "last-day", daysBefore: Number(before) }, text };
  }
  if (/^\d+W$/.test(text)) {
    const day = parseValue({ ...token, text: text.slice(0, -1) }, range);
    return typeof day === "number" ? { days: { kind: "nearest-workday", day }, text } : day;
  }
  return aloneError(token, /[LW]/i, "day-of-month", '"L", "L-3", "LW" or "15W"');
}

/** Reads the day-of-week field; "?" is for the caller. */
export function parseDayOfWeek(token: Token): DayField | ExpressionError {
  const text = token.text.toUpperCase();
  const range = fieldRanges.dayOfWeek;
  if (text === "*") return { days: { kind: "every-day" }, text };
  if (text === "L") return { days: { kind: "weekdays", weekdays: [range.max] }, text };
  if (text.includes("#")) {
    const [weekdayText = "", nthText = ""] = text.split("#");
    const weekday = parseValue({ ...token, text: weekdayText }, range);
    if (typeof weekday !== "number") {
      return text.includes(",") ? aloneError(token, /#/, range.name, '"3#2"') : weekday;
    }
    if (/^[1-5]$/.test(nthText)) {
      const nth = Number(nthText);
      return { days: { kind: "nth-weekday", weekday, nth }, text };
    }
    if (text.includes(",")) return aloneError(token, /#/, range.name, '"3#2"');
    const position = token.position + weekdayText.length + 1;
    return expressionError(`a month has no day "${text}"`, position, 'write "#1" to "#5"');
  }
  if (/^(\d+|[A-Z]{3})L$/.test(text)) {
    const weekday = parseValue({ ...token, text: text.slice(0, -1) }, range);
    return typeof weekday === "number"
      ? { days: { kind: "last-weekday", weekday }, text }
      : weekday;
  }
  if (/(^|[^A-Z])L|[\dA-Z]L(,|$)/.test(text)) {
    return aloneError(token, /L(?=,|$)/i, range.name, '"L" or "6L"');
  }
  const field = parseField(token, range);
  return "error" in field ? field : { days: daysOf(field, "weekdays"), text: field.text };
}

function daysOf({ values }: FieldValues, kind: "days" | "weekdays"): CronDays {
  return kind === "days" ? { kind, days: values } : { kind, weekdays: values };
}

function aloneError(token: Token, mark: RegExp, field: string, forms: string): ExpressionError {
  const position = token.position + Math.max(0, token.text.search(mark));
  return expressionError(
    `the ${field} field is not understood`,
    position,
    `${forms} must stand alone, without lists, ranges or steps`,
  );
}

/** The days of a month that are meant, ascending. */
export function daysIn(days: CronDays, year: number, month: number): readonly number[] {
  const length = daysInMonth(year, month);
  const first = dayNumber(year, month, 1);
  const last = weekdayOf(first + length - 1);
  const firstOf = (weekday: number): number => ((weekday - weekdayOf(first) + 7) % 7) + 1;
  const only = (day: number): readonly number[] => (day >= 1 && day <= length ? [day] : []);
  switch (days.kind) {
    case "every-day":
      return Array.from({ length }, (_, index) => index + 1);
    case "days":
      return days.days.filter((day) => day <= length);
    case "last-day":
      return only(length - days.daysBefore);
    case "last-workday":
      return only(last === 1 ? length - 2 : last === 7 ? length - 1 : length);
    case "nearest-workday":
      return days.day > length ? [] : only(nearestWorkday(first, days.day, length));
    case "weekdays":
      return Array.from({ length }, (_, index) => index + 1).filter((day) =>
        days.weekdays.includes(weekdayOf(first + day - 1)),
      );
    case "last-weekday":
      return only(length - ((last - days.weekday + 7) % 7));
    case "nth-weekday":
      return only(firstOf(days.weekday) + (days.nth - 1) * 7);
  }
}

function nearestWorkday(first: number, day: number, length: number): number {
  const weekday = weekdayOf(first + day - 1);
  if (weekday === 7) return day === 1 ? 3 : day - 1;
  if (weekday === 1) return day === length ? day - 2 : day + 1;
  return day;
}
