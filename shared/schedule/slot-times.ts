import { limits } from "../core/limits.ts";
import type { Fire } from "./fires.ts";
import { earlierWake, mirrorWakeAtMs } from "./mirrored.ts";
import type { Schedule, Slot } from "./schedule.ts";
import type { SlotMark, SlotOrder } from "./slot-order.ts";

/** What deciding about slots takes beside the schedule. */
export interface SlotFacts {
  readonly nowMs: number;
  readonly slots: SlotOrder;
  /** Whether the schedule's newest instance is not finished. */
  readonly latestIsOpen: boolean;
  /** How long after a slot's time its wake is, where somebody else says in time that it has come. */
  readonly wakeGraceMs: number;
}

/** Up to where the schedule's slots are settled. */
export function markOf({ handledMs, handledDueMs }: Schedule): SlotMark {
  return { nominalMs: handledMs, dueMs: handledDueMs ?? handledMs };
}

/**
 * The schedule as it goes on behind a slot, or where it is: with its next slot, and when to look
 * again. It is completed when no slot will ever come.
 */
export function marked(
  schedule: Schedule,
  upTo: Pick<Fire, "nominalMs" | "dueMs"> | undefined,
  facts: Pick<SlotFacts, "nowMs" | "slots" | "wakeGraceMs">,
  slot?: Slot,
): Schedule {
  const { nextNominalMs: _, nextDueMs: __, wakeAtMs: ___, handledDueMs, ...rest } = schedule;
  const mark = upTo ?? markOf(schedule);
  const moves = upTo === undefined ? handledDueMs : movedDueMs(schedule, upTo);
  const next = facts.slots.next(mark);
  const isOver = schedule.state === "active" && next === undefined && schedule.queued === undefined;
  // Whoever outside was told of it is told that it is over.
  const mirror =
    isOver && schedule.mirror !== undefined
      ? ({ state: "pending", atMs: facts.nowMs } as const)
      : schedule.mirror;
  const wakeAtMs = earlierWake(wakeForSlots(schedule, next, facts), mirrorWakeAtMs(mirror));
  return {
    ...rest,
    ...(isOver ? { state: "completed" as const } : {}),
    ...(mirror === undefined ? {} : { mirror }),
    handledMs: mark.nominalMs,
    ...(moves === undefined ? {} : { handledDueMs: moves }),
    ...(next === undefined ? {} : { nextNominalMs: next.nominalMs, nextDueMs: next.dueMs }),
    ...(wakeAtMs === undefined ? {} : { wakeAtMs }),
    ...(slot === undefined ? {} : { recent: withSlot(schedule.recent, slot) }),
  };
}

/** The schedule once the instance of a slot is there. */
export function withInstance(schedule: Schedule, slot: Slot, instanceId: string): Schedule {
  const { nominalMs } = slot;
  return {
    ...schedule,
    latest: { instanceId, nominalMs },
    recent: withSlot(schedule.recent, { ...slot, instanceId }),
  };
}

export function withSlot(recent: readonly Slot[], slot: Slot): readonly Slot[] {
  return [...recent, slot].slice(-limits.recentSlotsKept);
}

/** Only needed where the order of slots is not that of their nominal times. */
function movedDueMs(
  { spec }: Schedule,
  { nominalMs, dueMs }: Pick<Fire, "nominalMs" | "dueMs">,
): number | undefined {
  const canMove = spec.calendars !== undefined && spec.onClosedDay !== "skip";
  return canMove || dueMs !== nominalMs ? dueMs : undefined;
}

function wakeForSlots(
  { state, spec, queued }: Schedule,
  next: Fire | undefined,
  { nowMs, wakeGraceMs }: Pick<SlotFacts, "nowMs" | "wakeGraceMs">,
): number | undefined {
  if (state !== "active") return undefined;
  const forNext = next === undefined ? undefined : next.dueMs + wakeGraceMs;
  const forQueued = queued === undefined ? undefined : nowMs + limits.queuedSlotRecheckMs;
  const forCalendars =
    next === undefined || spec.calendars === undefined
      ? undefined
      : nowMs + limits.calendarRecheckMs;
  return earlierWake(earlierWake(forNext, forQueued), forCalendars);
}
