import type { CalendarDaysQuery } from "../../shared/contract/http/calendar-routes.ts";
import type { CalendarDaysView } from "../../shared/contract/http/calendar-views.ts";
import { isoTime } from "../../shared/contract/http/iso-time.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Calendar } from "../../shared/schedule/calendar.ts";
import {
  closedDaysBetween,
  closedDaysOf,
  dayOfText,
  yearsBetween,
} from "../../shared/schedule/closed-days.ts";
import { weekdayNames } from "../../shared/schedule/describe.ts";
import { dayMs, dayOf, dayText, weekdayOf } from "../../shared/schedule/local-time.ts";
import { resolveCalendar } from "../runtime/calendars.ts";
import type { RecordingEngine } from "../runtime/engine.ts";

/** The days on which one calendar is closed, with the reasons. */
export async function closedDaysOfCalendar(
  { holidays, clock }: Pick<RecordingEngine, "holidays" | "clock">,
  { name, spec }: Calendar,
  query: CalendarDaysQuery,
): Promise<CalendarDaysView> {
  const from = query.from === undefined ? dayOf(clock.now()) : dayOfText(query.from);
  const to = query.to === undefined ? from + 365 : dayOfText(query.to);
  if (to < from || to - from >= limits.calendarShownDaysMax) {
    throw new RejectionError({
      code: "invalid_field",
      detail: `to must be from ${dayText(from)} to ${dayText(from + limits.calendarShownDaysMax - 1)}`,
      pointer: "to",
    });
  }
  const fromMs = from * dayMs;
  const endMs = (to + 1) * dayMs;
  const resolved = await resolveCalendar(holidays, name, spec, yearsBetween(fromMs, endMs));
  // A day begins earlier or later than that somewhere; a freeze near the edge is better shown.
  const touches = spec.freezes.filter(
    (freeze) => Date.parse(freeze.from) < endMs + dayMs && Date.parse(freeze.to) > fromMs - dayMs,
  );
  return {
    name,
    from: dayText(from),
    to: dayText(to),
    days: closedDaysBetween(closedDaysOf([resolved]), from, to).map(({ day, reason }) => ({
      day,
      weekday: weekdayNames[weekdayOf(dayOfText(day)) - 1] ?? "",
      reason,
    })),
    freezes: touches.map((freeze) => ({
      from: isoTime(Date.parse(freeze.from)),
      to: isoTime(Date.parse(freeze.to)),
      ...(freeze.reason === undefined ? {} : { reason: freeze.reason }),
    })),
  };
}
