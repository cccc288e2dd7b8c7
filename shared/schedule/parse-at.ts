import { fieldRanges } from "./cron-field.ts";
import { type ExpressionError, expressionError } from "./expression-error.ts";
import { daysInMonth, type LocalMs, localText } from "./local-time.ts";

/** Fires once, when the clocks of a zone show this. */
export interface AtExpression {
  readonly kind: "at";
  /** As EventBridge Scheduler takes it. */
  readonly text: string;
  readonly note?: string;
  readonly localMs: LocalMs;
}

const form = "yyyy-mm-ddThh:mm:ss";

/** Reads what stands within `at(…)`; `position` is where that begins. */
export function parseAt(inside: string, position: number): AtExpression | ExpressionError {
  const text = inside.trim();
  const start = position + (inside.length - inside.trimStart().length);
  const parts = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)$/.exec(text);
  if (parts === null) return formError(text, start);
  const numbers = parts.slice(1).map(Number);
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers;
  const { min, max } = fieldRanges.year;
  if (year < min || year > max) {
    return expressionError(`the year must be ${min} to ${max}`, start);
  }
  if (month < 1 || month > 12) return expressionError("the month must be 01 to 12", start + 5);
  const days = daysInMonth(year, month);
  if (day < 1 || day > days) {
    const monthText = `${year}-${String(month).padStart(2, "0")}`;
    return expressionError(
      `there is no day ${parts[3]} in ${monthText}`,
      start + 8,
      `${monthText} has ${days} days`,
    );
  }
  if (hour > 23) {
    const next = localText(Date.UTC(year, month - 1, day + 1)).slice(0, 10);
    return expressionError(
      "the hour must be 00 to 23",
      start + 11,
      hour === 24 ? `midnight begins the next day: "at(${next}T00:00:00)"` : undefined,
    );
  }
  if (minute > 59) return expressionError("the minute must be 00 to 59", start + 14);
  if (second > 59) {
    return expressionError(
      "the second must be 00 to 59",
      start + 17,
      second === 60 ? "leap seconds cannot be scheduled" : undefined,
    );
  }
  const localMs = Date.UTC(year, month - 1, day, hour, minute, second);
  return { kind: "at", text: `at(${localText(localMs)})`, localMs };
}

function formError(text: string, position: number): ExpressionError {
  const fraction = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+$/.exec(text);
  if (fraction !== null) {
    return expressionError("at(…) has whole seconds", position + 19, `write "at(${fraction[1]})"`);
  }
  const zoned = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:?\d\d)$/i.exec(text);
  if (zoned !== null) {
    return expressionError(
      "at(…) has a local time without an offset",
      position + 19,
      `write "at(${zoned[1]})" and name the zone in "timezone"`,
    );
  }
  return expressionError(
    `at(…) has one time of the form ${form}`,
    position,
    `such as "at(2027-01-31T09:00:00)"`,
  );
}
