import { isExpressionError, parseExpression } from "./expression.ts";
import { isSameStart, mirroredStart } from "./mirrored-start.ts";
import type { Schedule } from "./schedule.ts";

/** Where firings go, and by what right. */
export interface FiringPlace {
  readonly queueArn: string;
  readonly deadLettersArn: string;
  readonly roleArn: string;
}

/** A schedule as EventBridge Scheduler keeps it. */
export interface MirroredSchedule extends FiringPlace {
  readonly description: string;
  readonly expression: string;
  readonly timezone: string;
  readonly startMs?: number;
  readonly endMs?: number;
  readonly state: "ENABLED" | "DISABLED";
  readonly input: string;
  readonly retriesMax: number;
  readonly ageSecondsMax: number;
  readonly flexibleWindow: string;
  readonly afterCompletion: string;
}

/** Firings only say that it is time to look, which the record's wake says as well: an hour is plenty. */
const retries = { retriesMax: 10, ageSecondsMax: 3_600 } as const;

/**
 * What EventBridge Scheduler is to keep for a schedule; undefined when nothing, because no slot will
 * come any more. Nothing there ever deletes itself: a schedule that is missing is then always a fault.
 */
export function desiredSchedule(
  schedule: Schedule,
  place: FiringPlace,
  nowMs: number,
): MirroredSchedule | undefined {
  const { tenant, name, spec, state, generation, nextNominalMs } = schedule;
  const expression = parseExpression(spec.expression);
  if (isExpressionError(expression) || state === "completed") return undefined;
  if (state === "active" && nextNominalMs === undefined) return undefined;
  const startMs = mirroredStart(expression, schedule, nowMs);
  const endMs = spec.endAt === undefined ? undefined : Date.parse(spec.endAt);
  // EventBridge Scheduler takes no end that has passed, and none before the beginning.
  if (endMs !== undefined && endMs <= Math.max(nowMs, startMs ?? 0)) return undefined;
  return {
    ...place,
    ...retries,
    description: `Switchyard: schedule ${name} of tenant ${tenant}`,
    expression: expression.text,
    timezone: spec.timezone,
    ...(startMs === undefined ? {} : { startMs }),
    ...(endMs === undefined ? {} : { endMs }),
    state: state === "paused" ? "DISABLED" : "ENABLED",
    input: firingOf(tenant, name, generation),
    flexibleWindow: "OFF",
    afterCompletion: "NONE",
  };
}

/** Names of what is different; a beginning that has passed makes no difference. */
export function scheduleDifferences(
  wanted: MirroredSchedule,
  present: Partial<MirroredSchedule>,
  nowMs: number,
): readonly string[] {
  const different: string[] = (Object.keys(wanted) as (keyof MirroredSchedule)[]).filter(
    (field) => field !== "startMs" && !isSame(wanted[field], present[field]),
  );
  if (wanted.endMs === undefined && present.endMs !== undefined) different.push("endMs");
  const expression = parseExpression(wanted.expression);
  if (
    isExpressionError(expression) ||
    !isSameStart(expression, wanted.startMs, present.startMs, nowMs)
  ) {
    different.push("startMs");
  }
  return different.sort();
}

/** Whose schedule sends this input when it fires; undefined for one that is none of ours. */
export function recordOfFiring(
  input: string | undefined,
): { readonly tenant: string; readonly name: string } | undefined {
  const [, tenant, name] = firingPattern.exec(input ?? "") ?? [];
  return tenant === undefined || name === undefined ? undefined : { tenant, name };
}

const firingPattern = /^\{"kind":"schedule","tenant":"([\w-]+)","name":"([\w-]+)",/;

/** EventBridge Scheduler fills in what stands in angle brackets. */
function firingOf(tenant: string, name: string, generation: number): string {
  return JSON.stringify({
    kind: "schedule",
    tenant,
    name,
    generation,
    scheduledTime: "<aws.scheduler.scheduled-time>",
    executionId: "<aws.scheduler.execution-id>",
  });
}

/** Instants come back in whole seconds, however they were given. */
function isSame(one: string | number | undefined, other: string | number | undefined): boolean {
  if (typeof one !== "number" || typeof other !== "number") return one === other;
  return Math.abs(one - other) < 1_000;
}
