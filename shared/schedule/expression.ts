import { limits } from "../core/limits.ts";
import { type ExpressionError, expressionError, isExpressionError } from "./expression-error.ts";
import { type AtExpression, parseAt } from "./parse-at.ts";
import { type CronExpression, parseCron } from "./parse-cron.ts";
import { parseRate, type RateExpression } from "./parse-rate.ts";
import { parseNickname, parseUnixCron } from "./parse-unix-cron.ts";

/** When a schedule fires; `text` is how EventBridge Scheduler is told, `note` how it was understood. */
export type ScheduleExpression = CronExpression | RateExpression | AtExpression;

export { type ExpressionError, isExpressionError };

const parsers = { cron: parseCron, rate: parseRate, at: parseAt } as const;

/**
 * Reads `cron(…)` of six fields, `rate(…)`, `at(…)`, five plain cron fields, or a name such as
 * `@daily`; says what is wrong, where, and how to put it right.
 */
export function parseExpression(given: string): ScheduleExpression | ExpressionError {
  if (given.length > limits.expressionCharsMax) {
    return expressionError(
      `an expression has at most ${limits.expressionCharsMax} characters`,
      limits.expressionCharsMax + 1,
    );
  }
  const start = given.length - given.trimStart().length;
  const text = given.trim();
  if (text === "") {
    return expressionError("the expression is empty", 1, 'such as "cron(30 2 * * ? *)"');
  }
  const strange = text.search(/[^\u0020-\u007E\t]/);
  if (strange >= 0) {
    return expressionError("this character has no meaning here", start + strange + 1);
  }
  if (text.startsWith("@")) return parseNickname(text, start + 1);
  const open = text.indexOf("(");
  if (open < 0) return parseUnixCron(text, start + 1);
  return parseCall(text, start, open);
}

function parseCall(
  text: string,
  start: number,
  open: number,
): ScheduleExpression | ExpressionError {
  const name = text.slice(0, open);
  const exact = name.trim().toLowerCase();
  if (exact !== "cron" && exact !== "rate" && exact !== "at") {
    return expressionError(
      `there is no ${JSON.stringify(`${name.slice(0, 20)}(…)`)}`,
      start + 1,
      "there are cron(…), rate(…) and at(…)",
    );
  }
  if (name !== exact) {
    return expressionError(
      `"${exact}" is written in small letters, with its bracket right behind it`,
      start + 1,
      `write "${exact}${text.slice(open)}"`,
    );
  }
  const close = text.indexOf(")");
  if (close < 0) {
    return expressionError(
      "the bracket is not closed",
      start + text.length + 1,
      `write "${text})"`,
    );
  }
  if (close < text.length - 1) {
    return expressionError("nothing may follow the closing bracket", start + close + 2);
  }
  return parsers[exact](text.slice(open + 1, close), start + open + 2);
}
