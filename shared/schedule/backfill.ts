import { limits } from "../core/limits.ts";
import { type Fire, type FireRules, firesBetween } from "./fires.ts";
import { dayMs, hourMs } from "./local-time.ts";
import type { Backfill, BackfillRequest } from "./schedule.ts";

/** How an instance of a backfill ended. */
export interface EndedInstance {
  readonly instanceId: string;
  readonly succeeded: boolean;
}

/** Before the first slot, in the order of the request. */
export function firstCursorMs({ from, to, order }: BackfillRequest): number {
  return order === "oldest_first" ? Date.parse(from) - 1 : Date.parse(to);
}

/** The slots behind the cursor, in the order of the request, at most `max`. */
export function slotsBehind(
  rules: FireRules,
  { from, to, order }: BackfillRequest,
  cursorMs: number,
  max: number,
): readonly Fire[] {
  const fromMs = Date.parse(from) - 1;
  if (order === "oldest_first") return firesBetween(rules, cursorMs, Date.parse(to) - 1, max);
  // Expressions are only read forwards: look into ever longer stretches before the cursor.
  for (let stretchMs = hourMs; ; stretchMs *= 4) {
    const sinceMs = Math.max(fromMs, cursorMs - stretchMs);
    const found = firesBetween(rules, sinceMs, cursorMs - 1, limits.backfillSlotsMax);
    if (found.length >= max || sinceMs === fromMs || stretchMs > 400 * 366 * dayMs) {
      return found.slice(-max).reverse();
    }
  }
}

/** Counts instances that have ended. */
export function withEnded(backfill: Backfill, ended: readonly EndedInstance[]): Backfill {
  if (ended.length === 0) return backfill;
  const ids = new Set(ended.map(({ instanceId }) => instanceId));
  const succeeded = ended.filter((each) => each.succeeded).length;
  return {
    ...backfill,
    open: backfill.open.filter(({ instanceId }) => !ids.has(instanceId)),
    succeeded: backfill.succeeded + succeeded,
    failed: backfill.failed + ended.length - succeeded,
  };
}

/** A slot that gets no instance: it had one before, or its submission was refused. */
export function withoutInstance(
  backfill: Backfill,
  nominalMs: number,
  why: "leftOut" | "refused",
): Backfill {
  return { ...backfill, cursorMs: nominalMs, [why]: backfill[why] + 1 };
}

export function withOpened(backfill: Backfill, nominalMs: number, instanceId: string): Backfill {
  return {
    ...backfill,
    cursorMs: nominalMs,
    open: [...backfill.open, { instanceId, nominalMs }],
    fired: backfill.fired + 1,
  };
}

/** Whether another slot may be taken up. */
export function hasRoom({ open, request, exhausted }: Backfill): boolean {
  return exhausted !== true && open.length < request.concurrency;
}

/** The backfill between two looks: finished when nothing is left, or with the time of the next look. */
export function rested({ wakeAtMs: _, ...backfill }: Backfill, nowMs: number): Backfill {
  if (backfill.state !== "running") return { ...backfill, finishedAtMs: nowMs };
  if (backfill.exhausted === true && backfill.open.length === 0) {
    return { ...backfill, state: "finished", finishedAtMs: nowMs };
  }
  const wakeAtMs = hasRoom(backfill) ? nowMs : nowMs + limits.queuedSlotRecheckMs;
  return { ...backfill, wakeAtMs };
}
