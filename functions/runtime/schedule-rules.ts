import { assert } from "../../shared/core/errors.ts";
import { type ClosedDays, yearsBetween } from "../../shared/schedule/closed-days.ts";
import { isExpressionError, parseExpression } from "../../shared/schedule/expression.ts";
import type { FireRules } from "../../shared/schedule/fires.ts";
import { dayMs } from "../../shared/schedule/local-time.ts";
import type { ScheduleSpec } from "../../shared/schedule/schedule.ts";
import { loadClosedDays } from "./calendars.ts";
import type { RecordingEngine } from "./engine.ts";

/** What a schedule's rules are made of; its spec was checked when it was defined. */
export interface TimedSpec {
  readonly tenant: string;
  readonly name: string;
  readonly spec: ScheduleSpec;
  readonly anchorMs: number;
}

/** Public holidays are looked up for so long before and behind what is asked about. */
const beforeMs = 400 * dayMs;
const behindMs = 9 * 366 * dayMs;

/** When the slots of a schedule are, with its calendars as they are now. */
export async function loadFireRules(
  engine: Pick<RecordingEngine, "store" | "holidays">,
  timed: TimedSpec,
  fromMs: number,
  toMs: number,
): Promise<FireRules> {
  const { calendars } = timed.spec;
  const closed =
    calendars === undefined
      ? undefined
      : await loadClosedDays(
          engine,
          timed.tenant,
          calendars,
          yearsBetween(fromMs - beforeMs, toMs + behindMs),
        );
  return fireRulesOf(timed, closed);
}

/** The same for whoever has the calendars at hand. */
export function fireRulesOf(
  { tenant, name, spec, anchorMs }: TimedSpec,
  closed: ClosedDays | undefined,
): FireRules {
  const expression = parseExpression(spec.expression);
  assert(!isExpressionError(expression), `schedule ${name} has an expression that is none`);
  const { startAt, endAt } = spec;
  return {
    expression,
    timezone: spec.timezone,
    anchorMs,
    onClosedDay: spec.onClosedDay,
    jitterSeconds: spec.jitterSeconds,
    jitterSeed: `${tenant}/${name}`,
    ...(startAt === undefined ? {} : { startMs: Date.parse(startAt) }),
    ...(endAt === undefined ? {} : { endMs: Date.parse(endAt) }),
    ...(closed === undefined ? {} : { closed }),
  };
}
