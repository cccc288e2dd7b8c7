import { fieldRanges, listText, parseField, type Token } from "./cron-field.ts";
import { type ExpressionError, expressionError } from "./expression-error.ts";
import { type CronExpression, parseCron, tokensOf } from "./parse-cron.ts";

/** What cron programs take instead of fields. */
const nicknames: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Here Sunday is 0 or 7; afterwards it is 1. */
const unixWeekdays = { name: "day-of-week", min: 0, max: 7, wraps: false } as const;
const weekdayNames: readonly string[] = fieldRanges.dayOfWeek.names;

/** Reads `@daily` and its like. */
export function parseNickname(text: string, position: number): CronExpression | ExpressionError {
  const fields = nicknames[text.toLowerCase()];
  if (fields !== undefined) return parseUnixCron(fields, position, text);
  return expressionError(
    `${JSON.stringify(text.slice(0, 20))} is not known`,
    position,
    `there are ${Object.keys(nicknames).join(", ")}`,
  );
}

/**
 * Reads the five fields that cron programs take and translates them. Where both day fields are set
 * those programs fire on either, which no single expression of EventBridge can say: that is refused.
 */
export function parseUnixCron(
  text: string,
  position: number,
  shown = text,
): CronExpression | ExpressionError {
  const tokens = tokensOf(text, position);
  const [minute, hour, dayOfMonth, month, dayOfWeek] = tokens;
  if (
    tokens.length !== 5 ||
    minute === undefined ||
    hour === undefined ||
    dayOfMonth === undefined ||
    month === undefined ||
    dayOfWeek === undefined
  ) {
    return notFive(tokens, position + text.length);
  }
  for (const token of [dayOfMonth, dayOfWeek]) {
    const mark = token.text.search(/[?LW#](?![A-Z])/i);
    if (mark < 0 || weekdayNames.includes(token.text.toUpperCase())) continue;
    return expressionError(
      `"${token.text[mark]}" is not a part of five-field cron`,
      token.position + mark,
      `write six fields in cron(…), such as "cron(${tokens.map((one) => one.text).join(" ")} *)"`,
    );
  }
  if (dayOfMonth.text !== "*" && dayOfWeek.text !== "*") {
    return expressionError(
      "day-of-month and day-of-week are both set: cron programs fire on either",
      dayOfWeek.position,
      "make two schedules, one for each",
    );
  }
  const weekdays = translateWeekdays(dayOfWeek);
  if (typeof weekdays !== "string") return weekdays;
  const days = dayOfWeek.text === "*" ? [dayOfMonth.text, "?"] : ["?", weekdays];
  const checked = [
    parseField(minute, fieldRanges.minute),
    parseField(hour, fieldRanges.hour),
    parseField(dayOfMonth, fieldRanges.dayOfMonth),
    parseField(month, fieldRanges.month),
  ].find((field) => "error" in field);
  if (checked !== undefined && "error" in checked) return checked;
  const fields = [minute.text, hour.text, days[0], month.text, days[1], "*"].join(" ");
  const parsed = parseCron(fields, 1);
  // Only what the translation says as a whole can be wrong by now, such as 31 February.
  if ("error" in parsed) return { ...parsed, position: dayOfMonth.position };
  return { ...parsed, note: `"${shown}" is read as ${parsed.text}` };
}

function translateWeekdays(token: Token): string | ExpressionError {
  if (token.text === "*") return "?";
  const numbers = token.text.replaceAll(/[A-Za-z]{3}/g, (name) => {
    const index = weekdayNames.indexOf(name.toUpperCase());
    return index < 0 ? name : String(index);
  });
  const field = parseField({ ...token, text: sundayLast(numbers) }, unixWeekdays);
  if ("error" in field) return field;
  const values = new Set(field.values.map((value) => (value % 7) + 1));
  return listText([...values].sort((a, b) => a - b));
}

/** A range may end with a Sunday that was written as a name, as in FRI-SUN. */
function sundayLast(text: string): string {
  return text.replaceAll(/([1-6])-0/g, "$1-7");
}

function notFive(tokens: readonly Token[], end: number): ExpressionError {
  const texts = tokens.map(({ text }) => text);
  const looksSixth = tokens.length === 6 || tokens.length === 7;
  const seconds = tokens.length === 6 && texts[5] === "?";
  const six = seconds ? [...texts.slice(1), "*"] : texts.slice(-6);
  return expressionError(
    "an expression is cron(…) of six fields, five plain cron fields, rate(…) or at(…)",
    looksSixth ? (tokens[0]?.position ?? 1) : end,
    looksSixth ? `write "cron(${six.join(" ")})"` : 'such as "cron(30 2 * * ? *)" or "30 2 * * *"',
  );
}
