import { limits } from "../core/limits.ts";
import type { ClosedDays } from "./closed-days.ts";
import { weekdayNames } from "./describe.ts";
import { dayMs, dayOf, dayText, weekdayOf } from "./local-time.ts";
import type { CalendarPolicy } from "./schedule.ts";
import type { Zone } from "./zone-offsets.ts";

/** What calendars have to say about a schedule's slots. */
export interface CalendarRules {
  readonly closed?: ClosedDays;
  readonly onClosedDay: CalendarPolicy;
}

/** Where calendars put a slot: the time it is due, or until when at least they skip. */
export type Placed =
  | { readonly dueMs: number; readonly note?: string; readonly closedUntilMs?: undefined }
  | { readonly closedUntilMs: number; readonly note: string };

/** Asks the calendars about one slot. */
export function placeFire(rules: CalendarRules, zone: Zone, nominalMs: number): Placed {
  const { closed, onClosedDay } = rules;
  if (closed === undefined) return { dueMs: nominalMs };
  const localMs = zone.localOf(nominalMs);
  const day = dayOf(localMs);
  const freeze = closed.freezeAt(nominalMs);
  const reason = closed.reasonOf(day) ?? freeze?.reason;
  if (reason === undefined) return { dueMs: nominalMs };
  if (onClosedDay === "run") return { dueMs: nominalMs, note: `closed: ${reason}; runs anyway` };
  if (onClosedDay !== "skip") {
    const moved = nearestOpen(closed, zone, localMs, onClosedDay === "next" ? 1 : -1);
    if (moved !== undefined) {
      const movedDay = dayOf(zone.localOf(moved));
      const name = weekdayNames[weekdayOf(movedDay) - 1];
      return { dueMs: moved, note: `closed: ${reason}; moved to ${name}, ${dayText(movedDay)}` };
    }
    const note = `closed: ${reason}; skipped, as no day within ${limits.calendarMovedDaysMax} days is open`;
    return { closedUntilMs: nominalMs + 1, note };
  }
  const closedUntilMs =
    closed.reasonOf(day) === undefined && freeze !== undefined
      ? freeze.untilMs
      : zone.firstInstantFrom((day + 1) * dayMs);
  return { closedUntilMs, note: `closed: ${reason}; skipped` };
}

/** The same local time on the nearest open day where the clocks show it. */
function nearestOpen(
  closed: ClosedDays,
  zone: Zone,
  localMs: number,
  step: 1 | -1,
): number | undefined {
  for (let away = 1; away <= limits.calendarMovedDaysMax; away++) {
    const movedMs = localMs + step * away * dayMs;
    if (closed.reasonOf(dayOf(movedMs)) !== undefined) continue;
    const [atMs] = zone.instantsOf(movedMs);
    if (atMs !== undefined && closed.freezeAt(atMs) === undefined) return atMs;
  }
  return undefined;
}
