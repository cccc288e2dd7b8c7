import { limits } from "../core/limits.ts";
import type { Attempt, Instance } from "./instance.ts";

/** One attempt's time: its backend may give it less than the instance asks for. */
export function timeoutMsOf(instance: Pick<Instance, "timeoutSeconds">, attempt: Attempt): number {
  return Math.min(instance.timeoutSeconds * 1_000, attempt.timeoutMs ?? Infinity);
}

/** The earliest of the given instants and the instance's own total deadline. */
function earliest(instance: Instance, ...instants: (number | undefined)[]): number {
  return Math.min(
    ...[...instants, instance.deadlineAtMs].filter((at): at is number => at !== undefined),
  );
}

/** When a pending instance must be looked at: when due, but never after its last moment to start. */
export function wakeOfPending(instance: Instance, dueAtMs: number): number {
  return earliest(instance, dueAtMs, hasStarted(instance) ? undefined : instance.startByMs);
}

/** The longer an instance has waited for a backend to take it, the longer it waits for the next look. */
export function capacityRecheckMs({ dueAtMs }: Instance, nowMs: number): number {
  const waitedMs = Math.max(0, nowMs - dueAtMs);
  const { capacityRecheckMsMin, capacityRecheckMsMax } = limits;
  return Math.min(capacityRecheckMsMax, Math.max(capacityRecheckMsMin, Math.round(waitedMs / 2)));
}

/**
 * When a claimed attempt that nobody confirmed is given up. Short tasks get their run time on top,
 * so that confirming them need not move the wake (each move costs two index writes).
 */
export function wakeOfDispatched(
  instance: Instance,
  attempt: Attempt,
  claimedAtMs: number,
): number {
  return earliest(instance, claimedAtMs + handOverMsMax(instance, attempt));
}

/** The longest that a claimed attempt may wait for its wake. */
export function handOverMsMax(instance: Instance, attempt: Attempt): number {
  if (attempt.handOverMs !== undefined) return attempt.handOverMs;
  const timeoutMs = timeoutMsOf(instance, attempt);
  const runMs = timeoutMs <= limits.handOverMs ? timeoutMs + limits.wakeGraceMs : 0;
  return limits.handOverMs + runMs;
}

/** When a running attempt is overdue: by its time limit or by silence. */
export function overdueAtMs(instance: Instance, attempt: Attempt): number {
  const startedAtMs = attempt.startedAtMs ?? attempt.claimedAtMs;
  return earliest(
    instance,
    startedAtMs + timeoutMsOf(instance, attempt) + limits.wakeGraceMs,
    silentAtMs(instance, attempt),
  );
}

/**
 * When the attempt has been silent for too long; undefined where nobody promised signs of life. A
 * lease is kept by the runner, whatever the task's code does, so it ends without grace.
 */
export function silentAtMs(instance: Instance, attempt: Attempt): number | undefined {
  const heardAtMs = attempt.heartbeatAtMs ?? attempt.startedAtMs ?? attempt.claimedAtMs;
  const { leaseSeconds } = attempt;
  if (leaseSeconds !== undefined) return heardAtMs + leaseSeconds * 1_000;
  if (instance.heartbeatSeconds === undefined) return undefined;
  return heardAtMs + instance.heartbeatSeconds * 1_000 + limits.wakeGraceMs;
}

/**
 * True for an attempt that gives no signs of life although its backend can be asked: news of its end
 * may be lost, so it is looked at now and then.
 */
export function isUnwatched({ leaseSeconds, handOverMs, pull }: Attempt): boolean {
  return handOverMs !== undefined && leaseSeconds === undefined && pull !== true;
}

/**
 * The wake of a running attempt. The present one stays unless it would come much too late: one that
 * comes too early costs a look at the few attempts that are still running then, while moving it
 * would cost every attempt two index writes.
 */
export function wakeOfRunning(instance: Instance, attempt: Attempt, nowMs: number): number {
  const lookAtMs = isUnwatched(attempt) ? nowMs + (attempt.handOverMs ?? 0) : Infinity;
  const neededAtMs = Math.min(overdueAtMs(instance, attempt), lookAtMs);
  const presentAtMs = instance.wakeAtMs;
  const presentServes =
    presentAtMs !== undefined &&
    presentAtMs > (attempt.startedAtMs ?? attempt.claimedAtMs) &&
    presentAtMs <= neededAtMs + limits.handOverMs;
  return presentServes ? presentAtMs : neededAtMs;
}

/** Whether any attempt of this round has begun. */
export function hasStarted(instance: Instance): boolean {
  return instance.attempts.some(
    (attempt) => attempt.round === instance.round && attempt.startedAtMs !== undefined,
  );
}

/** True when start-by has passed and no attempt of this round ever began. */
export function isTooLateToStart(instance: Instance, nowMs: number): boolean {
  return instance.startByMs !== undefined && nowMs >= instance.startByMs && !hasStarted(instance);
}
