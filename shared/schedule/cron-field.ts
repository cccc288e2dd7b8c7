import { type ExpressionError, expressionError } from "./expression-error.ts";

/** A piece of an expression and the number of its first character, from 1. */
export interface Token {
  readonly text: string;
  readonly position: number;
}

export interface FieldRange {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** In the order of their numbers, beginning with `min`. */
  readonly names?: readonly string[];
  /** Whether a range may run past the end and go on at the beginning, as from Friday to Monday. */
  readonly wraps: boolean;
}

export const fieldRanges = {
  minute: { name: "minute", min: 0, max: 59, wraps: true },
  hour: { name: "hour", min: 0, max: 23, wraps: true },
  dayOfMonth: { name: "day-of-month", min: 1, max: 31, wraps: true },
  month: {
    name: "month",
    min: 1,
    max: 12,
    names: ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    wraps: true,
  },
  dayOfWeek: {
    name: "day-of-week",
    min: 1,
    max: 7,
    names: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    wraps: true,
  },
  year: { name: "year", min: 1970, max: 2199, wraps: false },
} as const satisfies Record<string, FieldRange>;

/** The values of a field, ascending, and how EventBridge is told of them. */
export interface FieldValues {
  readonly values: readonly number[];
  readonly text: string;
}

/** Reads lists, ranges, steps and names of one field. */
export function parseField(token: Token, range: FieldRange): FieldValues | ExpressionError {
  const chosen = new Set<number>();
  let rewrite = false;
  let { position } = token;
  for (const text of token.text.split(",")) {
    const item = parseItem({ text, position }, range);
    if ("error" in item) return item;
    for (const value of item.values) chosen.add(value);
    rewrite ||= item.unusual;
    position += text.length + 1;
  }
  const values = [...chosen].sort((a, b) => a - b);
  return { values, text: rewrite ? listText(values) : token.text.toUpperCase() };
}

interface Item {
  readonly values: readonly number[];
  /** Written in a way that EventBridge's documentation does not promise to take. */
  readonly unusual: boolean;
}

function parseItem(token: Token, range: FieldRange): Item | ExpressionError {
  const [span = "", stepText, ...more] = token.text.split("/");
  const stepAt = token.position + span.length + 1;
  if (more.length > 0) {
    const position = stepAt + (stepText?.length ?? 0);
    return expressionError(`the ${range.name} field has a second "/"`, position);
  }
  const bounds = parseSpan({ text: span, position: token.position }, range, stepText);
  if ("error" in bounds) return bounds;
  const { first, last } = bounds;
  const size = range.max - range.min + 1;
  const step = stepText === undefined ? 1 : parseStep({ text: stepText, position: stepAt }, range);
  if (typeof step !== "number") return step;
  const wraps = first > last;
  if (wraps && !range.wraps) {
    return expressionError(
      `the ${range.name} field has a range that ends before it begins`,
      token.position,
      `write "${last}-${first}"`,
    );
  }
  const length = (wraps ? last + size : last) - first;
  const values: number[] = [];
  for (let away = 0; away <= length; away += step) {
    values.push(((first - range.min + away) % size) + range.min);
  }
  const steppedWeekdays = stepText !== undefined && range.name === fieldRanges.dayOfWeek.name;
  return { values, unusual: wraps || steppedWeekdays };
}

function parseSpan(
  token: Token,
  range: FieldRange,
  stepText: string | undefined,
): { readonly first: number; readonly last: number } | ExpressionError {
  if (token.text === "*") return { first: range.min, last: range.max };
  if (token.text === "" && stepText !== undefined) {
    return expressionError(
      `the ${range.name} field has a step without a beginning`,
      token.position,
      `write "*/${stepText}"`,
    );
  }
  // A name or number may be followed by one more behind a dash.
  const dash = token.text.indexOf("-", 1);
  if (dash === -1) {
    const only = parseValue(token, range);
    if (typeof only !== "number") return only;
    return { first: only, last: stepText === undefined ? only : range.max };
  }
  const first = parseValue({ ...token, text: token.text.slice(0, dash) }, range);
  if (typeof first !== "number") return first;
  const last = parseValue(
    { text: token.text.slice(dash + 1), position: token.position + dash + 1 },
    range,
  );
  return typeof last === "number" ? { first, last } : last;
}

/** One number or name of a field. */
export function parseValue({ text, position }: Token, range: FieldRange): number | ExpressionError {
  const { name, min, max, names } = range;
  const named = names?.indexOf(text.toUpperCase()) ?? -1;
  if (named >= 0) return min + named;
  if (/^\d{1,9}$/.test(text)) {
    const value = Number(text);
    if (value >= min && value <= max) return value;
  }
  const values = `${min} to ${max}${names === undefined ? "" : ` or ${names[0]} to ${names.at(-1)}`}`;
  if (text === "") {
    return expressionError(`the ${name} field lacks a value`, position, `it takes ${values}`);
  }
  const shown = JSON.stringify(text.slice(0, 20));
  return expressionError(`${shown} is no ${name}`, position, suggestionFor(text, range, values));
}

function suggestionFor(text: string, { name, names }: FieldRange, values: string): string {
  const short = names?.find((known) => text.toUpperCase().startsWith(known));
  if (short !== undefined) return `write "${short}"`;
  if (name === fieldRanges.dayOfWeek.name && text === "0") {
    return 'Sunday is 1 or "SUN" here, and Saturday is 7';
  }
  return `it takes ${values}`;
}

function parseStep({ text, position }: Token, range: FieldRange): number | ExpressionError {
  const step = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  const stepMax = range.max - range.min;
  if (step >= 1 && step <= stepMax) return step;
  return expressionError(
    `the ${range.name} field has the step ${JSON.stringify(text.slice(0, 20))}`,
    position,
    `a step is a number from 1 to ${stepMax}`,
  );
}

/** Ascending values as a list, with ranges where three or more follow each other. */
export function listText(values: readonly number[]): string {
  const items: string[] = [];
  for (let from = 0; from < values.length; ) {
    let to = from;
    while ((values[to + 1] ?? Number.NaN) === (values[to] ?? 0) + 1) to += 1;
    if (to - from >= 2) items.push(`${values[from]}-${values[to]}`);
    else items.push(...values.slice(from, to + 1).map(String));
    from = to + 1;
  }
  return items.join(",");
}
