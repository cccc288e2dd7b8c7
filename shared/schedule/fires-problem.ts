import { type FireRules, nextFire } from "./fires.ts";
import { dayMs, localText } from "./local-time.ts";
import { openZone } from "./zone-offsets.ts";

/** Why rules cannot be taken as they are together, although each of them is well formed. */
export interface FiresProblem {
  readonly field: "expression" | "onClosedDay" | "startAt" | "endAt" | "calendars";
  readonly message: string;
  readonly suggestion?: string;
}

/** Moving slots to another day only makes sense where a day has one: else two would become one time. */
function firesOftenOnADay({ expression }: FireRules): boolean {
  switch (expression.kind) {
    case "cron":
      return expression.hours.length * expression.minutes.length > 1;
    case "rate":
      // A local day is never longer than 26 hours, so that from 48 on there is one at most.
      return expression.everyMs < 2 * dayMs;
    case "at":
      return false;
  }
}

/** What is wrong with rules whose fires are wanted from an instant on; undefined when nothing is. */
export function firesProblem(rules: FireRules, nowMs: number): FiresProblem | undefined {
  const { onClosedDay, expression, startMs, endMs } = rules;
  if (startMs !== undefined && endMs !== undefined && startMs >= endMs) {
    return { field: "endAt", message: "the end is not later than the start" };
  }
  if ((onClosedDay === "previous" || onClosedDay === "next") && firesOftenOnADay(rules)) {
    return {
      field: "onClosedDay",
      message: `"${onClosedDay}" needs an expression that fires at most once a day`,
      suggestion:
        expression.kind === "rate"
          ? 'take cron(…) with one hour and one minute, or "skip"'
          : 'take one hour and one minute, or "skip"',
    };
  }
  if (nextFire(rules, nowMs - 1) !== undefined) return undefined;
  return neverFires(rules, nowMs);
}

/** Which of the rules is to blame: the first one without which there would be a fire. */
function neverFires(rules: FireRules, nowMs: number): FiresProblem {
  const { expression, timezone, startMs: _, endMs: __, closed: ___, ...rest } = rules;
  const bare: FireRules = { ...rest, expression, timezone };
  const { startMs, endMs } = rules;
  if (nextFire(bare, nowMs - 1) === undefined) {
    if (
      expression.kind === "at" &&
      openZone(timezone).instantsOf(expression.localMs).length === 0
    ) {
      return {
        field: "expression",
        message: `it never fires: ${localText(expression.localMs)} does not exist in ${timezone} (clocks go forward)`,
        suggestion: "take a time before or after the change",
      };
    }
    const past =
      expression.kind === "at" ? "this time is in the past" : "all its times are in the past";
    const future = "none comes soon enough";
    const isPast = expression.kind === "at" || nextFire(bare, 0) !== undefined;
    return { field: "expression", message: `it never fires: ${isPast ? past : future}` };
  }
  const started = startMs === undefined ? bare : { ...bare, startMs };
  if (nextFire(started, nowMs - 1) === undefined) {
    return { field: "startAt", message: "it never fires: all its times are before the start" };
  }
  const ended = endMs === undefined ? started : { ...started, endMs };
  if (nextFire(ended, nowMs - 1) === undefined) {
    const isPast = endMs !== undefined && endMs < nowMs;
    return {
      field: "endAt",
      message: `it never fires: ${isPast ? "the end is in the past" : "the end comes before its first time"}`,
    };
  }
  return {
    field: "calendars",
    message: "it never fires: the calendars are closed at all its times",
    suggestion: 'take other days, or another policy in "onClosedDay"',
  };
}
