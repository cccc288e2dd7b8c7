import { limits } from "../core/limits.ts";
import { type Fire, type FireRules, firesBetween, nextFire } from "./fires.ts";
import { dayMs, dayOf, hourMs } from "./local-time.ts";
import { openZone } from "./zone-offsets.ts";

/** How far a schedule has come: its newest settled slot. */
export interface SlotMark {
  readonly nominalMs: number;
  readonly dueMs: number;
}

/** The slots of a schedule in the order in which they are due. */
export interface SlotOrder {
  next(after: SlotMark): Fire | undefined;
  /** The oldest ones behind the mark that are due at `untilMs`, at most `max`. */
  due(after: SlotMark, untilMs: number, max: number): readonly Fire[];
}

/**
 * Without calendars slots are due when they nominally are. Calendars that move slots to other days
 * mix up their order: Saturday's slot may be due after Monday's first one. So these are ordered by
 * the time at which they are due, then by their nominal time. Slots that are nominally not later than
 * `sinceMs` do not count.
 */
export function slotOrder(rules: FireRules, sinceMs: number): SlotOrder {
  const moves = rules.closed !== undefined && ["previous", "next"].includes(rules.onClosedDay);
  return moves ? movedOrder(rules, sinceMs) : nominalOrder(rules, sinceMs);
}

function nominalOrder(rules: FireRules, sinceMs: number): SlotOrder {
  const from = ({ nominalMs }: SlotMark): number => Math.max(sinceMs, nominalMs);
  return {
    next: (after) => nextFire(rules, from(after)),
    due: (after, untilMs, max) => firesBetween(rules, from(after), untilMs, max),
  };
}

function movedOrder(rules: FireRules, sinceMs: number): SlotOrder {
  const isBehind = (mark: SlotMark, fire: Fire): boolean => compare(mark, fire) < 0;
  // Moved to a later day: slots of the closed days before the mark may still be to come.
  const from = ({ dueMs }: SlotMark): number =>
    Math.max(sinceMs, dueMs - (rules.onClosedDay === "next" ? closedMs(rules, dueMs, -1) : 0) - 1);
  // Moved to an earlier day: slots of the closed days behind an instant may come before it.
  const until = (dueMs: number): number =>
    dueMs + (rules.onClosedDay === "previous" ? closedMs(rules, dueMs, 1) : 0);
  return {
    next(after) {
      let best: Fire | undefined;
      let fire = nextFire(rules, from(after));
      while (fire !== undefined && (best === undefined || fire.nominalMs <= until(best.dueMs))) {
        if (isBehind(after, fire) && (best === undefined || compare(fire, best) < 0)) best = fire;
        fire = nextFire(rules, fire.nominalMs);
      }
      return best;
    },
    due(after, untilMs, max) {
      return firesBetween(rules, from(after), until(untilMs), limits.missedSlotsPerStep)
        .filter((fire) => fire.dueMs <= untilMs && isBehind(after, fire))
        .sort(compare)
        .slice(0, max);
    },
  };
}

/** Freezes may close a part of a day only, and clocks may skip a slot's time on the first open day. */
const partlyClosedDays = 3;
const closedDaysMax = 366;

/** For how long it may be closed before or after an instant: no slot is moved across it from beyond. */
function closedMs({ closed, timezone }: FireRules, atMs: number, step: 1 | -1): number {
  const zone = openZone(timezone);
  const day = dayOf(zone.localOf(atMs));
  const isClosed = (away: number): boolean => {
    const startMs = zone.firstInstantFrom((day + step * away) * dayMs);
    return (
      closed?.reasonOf(day + step * away) !== undefined ||
      Array.from({ length: 25 }, (_, hour) => startMs + hour * hourMs).some(
        (hourAtMs) => closed?.freezeAt(hourAtMs) !== undefined,
      )
    );
  };
  let days = 0;
  while (days < closedDaysMax && isClosed(days + 1)) days += 1;
  return (days + partlyClosedDays) * dayMs;
}

function compare(left: SlotMark, right: SlotMark): number {
  return left.dueMs - right.dueMs || left.nominalMs - right.nominalMs;
}
