import { limits } from "../core/limits.ts";
import { type ExpressionError, expressionError } from "./expression-error.ts";
import { dayMs, hourMs, minuteMs } from "./local-time.ts";
import { tokensOf } from "./parse-cron.ts";

/** Fires every so often, whatever the clocks show: a day is 24 hours. */
export interface RateExpression {
  readonly kind: "rate";
  /** As EventBridge Scheduler takes it. */
  readonly text: string;
  readonly note?: string;
  readonly everyMs: number;
}

const units: ReadonlyMap<string, number> = new Map(
  Object.entries({ minute: minuteMs, hour: hourMs, day: dayMs }),
);

/** Reads what stands within `rate(…)`; `position` is where that begins. */
export function parseRate(inside: string, position: number): RateExpression | ExpressionError {
  const [value, unit, extra] = tokensOf(inside, position);
  if (value === undefined || unit === undefined || extra !== undefined) {
    return expressionError(
      "rate(…) has a number and a unit",
      extra?.position ?? position + inside.length,
      'such as "rate(15 minutes)"',
    );
  }
  if (!/^\d{1,12}$/.test(value.text) || Number(value.text) < 1) {
    return expressionError(
      `${JSON.stringify(value.text.slice(0, 20))} is not a whole number above zero`,
      value.position,
      fractionSuggestion(value.text, unit.text) ?? 'such as "rate(15 minutes)"',
    );
  }
  const count = Number(value.text);
  const name = unit.text.replace(/s$/, "");
  const unitMs = units.get(name);
  if (unitMs === undefined) {
    return expressionError(
      `${JSON.stringify(unit.text.slice(0, 20))} is no unit of rate(…)`,
      unit.position,
      unitSuggestion(count, unit.text.toLowerCase()),
    );
  }
  const right = count === 1 ? name : `${name}s`;
  if (unit.text !== right) {
    return expressionError(
      `the unit must be "${right}" with the value ${count}`,
      unit.position,
      `write "rate(${count} ${right})"`,
    );
  }
  const everyMs = count * unitMs;
  const everyMsMax = limits.horizonYears * 365 * dayMs;
  if (everyMs > everyMsMax) {
    return expressionError(
      `${count} ${right} are longer than ${limits.horizonYears} years`,
      value.position,
      `at most ${everyMsMax / unitMs} ${name}s`,
    );
  }
  return { kind: "rate", text: `rate(${count} ${right})`, everyMs };
}

function fractionSuggestion(value: string, unit: string): string | undefined {
  const name = unit.toLowerCase().replace(/s$/, "");
  const finer = name === "hour" ? "minutes" : name === "day" ? "hours" : undefined;
  if (finer === undefined || !/^\d{1,4}\.\d{1,4}$/.test(value)) return undefined;
  const count = Number(value) * (name === "hour" ? 60 : 24);
  return Number.isInteger(count) ? `write "rate(${count} ${finer})"` : undefined;
}

function unitSuggestion(count: number, unit: string): string {
  const name = unit.replace(/s$/, "");
  if (name === "second" || name === "sec") return "a minute is the shortest";
  if (name === "week") return `write "rate(${count * 7} days)"`;
  return 'the units are minute, hour and day, with an "s" for more than one';
}
