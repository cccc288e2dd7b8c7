import type { ScheduleExpression } from "./expression.ts";
import type { Schedule } from "./schedule.ts";

/** EventBridge Scheduler takes no beginning that is longer past than that. */
const startGraceMs = 4 * 60_000;
/** Instants come back in whole seconds, however they were given. */
const secondMs = 1_000;

/**
 * When the mirror of a schedule is to begin; undefined for at once. Of `rate(…)`, EventBridge Scheduler
 * counts from its beginning, and without one from the moment at which it was told: so it begins with
 * one of our slots, the first to come, and both go on in the same steps.
 */
export function mirroredStart(
  expression: ScheduleExpression,
  { spec, anchorMs }: Pick<Schedule, "spec" | "anchorMs">,
  nowMs: number,
): number | undefined {
  if (expression.kind === "rate") {
    const steps = Math.ceil((nowMs - anchorMs) / expression.everyMs);
    return anchorMs + Math.max(0, steps) * expression.everyMs;
  }
  const startMs = spec.startAt === undefined ? undefined : Date.parse(spec.startAt);
  return startMs === undefined || startMs < nowMs - startGraceMs ? undefined : startMs;
}

/** Whether two beginnings come to the same from now on: one that has passed only sets the steps. */
export function isSameStart(
  expression: ScheduleExpression,
  wantedMs: number | undefined,
  presentMs: number | undefined,
  nowMs: number,
): boolean {
  if (expression.kind !== "rate") return isSame(toCome(wantedMs, nowMs), toCome(presentMs, nowMs));
  if (wantedMs === undefined || presentMs === undefined) return wantedMs === presentMs;
  if (presentMs > nowMs) return isSame(wantedMs, presentMs);
  // It counts already: then it must not count before it is wanted, and in the same steps.
  const { everyMs } = expression;
  const apartMs = (wantedMs - presentMs) % everyMs;
  const inStep = Math.min(apartMs, everyMs - apartMs) < secondMs;
  return inStep && wantedMs - nowMs <= everyMs;
}

function toCome(startMs: number | undefined, nowMs: number): number | undefined {
  return startMs === undefined || startMs <= nowMs ? undefined : startMs;
}

function isSame(one: number | undefined, other: number | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return Math.abs(one - other) < secondMs;
}
