import type { CalendarSpec } from "./calendar.ts";
import { dayMs, dayText, weekdayOf } from "./local-time.ts";

/** When nothing is to be run, by all calendars of a schedule together. */
export interface ClosedDays {
  /** Why a day is closed, days counted since 1970-01-01; undefined when it is open. */
  reasonOf(day: number): string | undefined;
  /** The change freeze that an instant lies in. */
  freezeAt(atMs: number): { readonly reason: string; readonly untilMs: number } | undefined;
}

/** A calendar with the public holidays that it names, as days YYYY-MM-DD with their names. */
export interface ResolvedCalendar {
  readonly name: string;
  readonly spec: CalendarSpec;
  readonly holidays: ReadonlyMap<string, string>;
}

/** In EventBridge's order, where Sunday is 1. */
const weekdays = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] as const;

/** A day is closed when any of the calendars says so. */
export function closedDaysOf(calendars: readonly ResolvedCalendar[]): ClosedDays {
  const views = calendars.map(viewOf);
  const freezes = calendars.flatMap(({ spec }) =>
    spec.freezes.map(({ from, to, reason = "change freeze" }) => ({
      fromMs: Date.parse(from),
      untilMs: Date.parse(to),
      reason,
    })),
  );
  return {
    reasonOf(day) {
      for (const view of views) {
        const reason = view(day);
        if (reason !== undefined) return reason;
      }
      return undefined;
    },
    freezeAt: (atMs) => freezes.find(({ fromMs, untilMs }) => fromMs <= atMs && atMs < untilMs),
  };
}

function viewOf({ spec, holidays }: ResolvedCalendar): ClosedDays["reasonOf"] {
  const numbered = (days: readonly string[]): Set<number> => new Set(days.map(dayOfText));
  const closed = numbered(spec.closedDays);
  const open = numbered(spec.openDays);
  const names = new Map([...holidays].map(([day, name]) => [dayOfText(day), name]));
  const weekend = new Set<string>(spec.weekend);
  return (day) => {
    if (closed.has(day)) return "closed day";
    if (open.has(day)) return undefined;
    const holiday = names.get(day);
    if (holiday !== undefined) return holiday;
    return weekend.has(weekdays[weekdayOf(day) - 1] ?? "") ? "weekend" : undefined;
  };
}

/** Days since 1970-01-01 of YYYY-MM-DD. */
export function dayOfText(text: string): number {
  return Date.parse(text) / dayMs;
}

export interface ClosedDay {
  /** As YYYY-MM-DD. */
  readonly day: string;
  readonly reason: string;
}

/** All closed days from one day to another, both included. */
export function closedDaysBetween(
  { reasonOf }: ClosedDays,
  from: number,
  to: number,
): readonly ClosedDay[] {
  const found: ClosedDay[] = [];
  for (let day = from; day <= to; day++) {
    const reason = reasonOf(day);
    if (reason !== undefined) found.push({ day: dayText(day), reason });
  }
  return found;
}

/** The years that days from one to another lie in. */
export function yearsBetween(fromMs: number, toMs: number): readonly number[] {
  const first = new Date(fromMs).getUTCFullYear();
  const last = new Date(toMs).getUTCFullYear();
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
