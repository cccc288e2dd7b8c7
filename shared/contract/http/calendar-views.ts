import * as z from "zod";
import { type Calendar, CalendarSpec } from "../../schedule/calendar.ts";
import { isoTime } from "./iso-time.ts";

const At = z.iso.datetime();

/** Which days, and which stretches of time, are closed. */
export const CalendarView = z.object({
  name: z.string(),
  spec: CalendarSpec,
  createdAt: At,
  updatedAt: At,
  updatedBy: z.string(),
  links: z.object({ self: z.string(), days: z.string() }),
});
export type CalendarView = z.infer<typeof CalendarView>;

/** The closed days of a stretch of days, and the freezes that touch it. */
export const CalendarDaysView = z.object({
  name: z.string(),
  from: z.iso.date(),
  to: z.iso.date(),
  days: z.array(
    z.object({
      day: z.iso.date(),
      weekday: z.string(),
      reason: z.string().meta({ description: 'A holiday\'s name, "weekend" or "closed day".' }),
    }),
  ),
  freezes: z.array(z.object({ from: At, to: At, reason: z.string().optional() })),
});
export type CalendarDaysView = z.infer<typeof CalendarDaysView>;

export function calendarToView(calendar: Calendar): CalendarView {
  const { name, spec, createdAtMs, updatedAtMs, updatedBy } = calendar;
  return {
    name,
    spec,
    createdAt: isoTime(createdAtMs),
    updatedAt: isoTime(updatedAtMs),
    updatedBy,
    links: { self: `/v1/calendars/${name}`, days: `/v1/calendars/${name}/days` },
  };
}
