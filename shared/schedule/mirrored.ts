import { limits } from "../core/limits.ts";
import type { Mirrored } from "./schedule.ts";

/**
 * What a record says of its mirror when it was just written anew: somebody outside is to be told of
 * it. Nothing where nobody is (see `RecordHints.mirrors`).
 */
export function mirrorAsked(mirrors: boolean | undefined, nowMs: number): Mirrored | undefined {
  return mirrors === true ? { state: "pending", atMs: nowMs } : undefined;
}

/**
 * When a record must be looked at for the sake of its mirror: while it is pending. One that failed
 * waits for a change, or for the sweep that compares everything.
 */
export function mirrorWakeAtMs(mirror: Mirrored | undefined): number | undefined {
  if (mirror?.state !== "pending") return undefined;
  const steps = Math.min(mirror.tries ?? 0, limits.mirrorBackoffStepsMax);
  return mirror.atMs + limits.mirrorAgainMs * 2 ** steps;
}

/** The earlier of two wakes, either of which may be absent. */
export function earlierWake(
  one: number | undefined,
  other: number | undefined,
): number | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return Math.min(one, other);
}
