import * as z from "zod";
import { limits } from "../../core/limits.ts";
import { Name } from "../../core/texts.ts";
import { CalendarSpec } from "../../schedule/calendar.ts";
import { CalendarDaysView, CalendarView } from "./calendar-views.ts";
import { DeletedAnswer } from "./pool-views.ts";
import { NoQuery, PageQuery } from "./requests.ts";
import type { RouteSpec } from "./route-spec.ts";
import { listPage } from "./views.ts";

const CalendarParams = z.strictObject({
  name: Name.meta({ description: "Name of the calendar." }),
});

const Day = z.iso.date("must be a day as YYYY-MM-DD, given once");

/** Query of `GET /v1/calendars/{name}/days`. */
export const CalendarDaysQuery = z.strictObject({
  from: Day.optional().meta({ description: "First day; default: today, by UTC." }),
  to: Day.optional().meta({
    description: `Last day; default: a year later. At most ${limits.calendarShownDaysMax} days.`,
  }),
});
export type CalendarDaysQuery = z.infer<typeof CalendarDaysQuery>;

/** Calendars that schedules ask before they fire. */
export const calendarRoutes = {
  defineCalendar: {
    method: "put",
    path: "/v1/calendars/{name}",
    tag: "Schedules",
    summary: "Define a calendar",
    description:
      "Makes it or replaces what it says. Days are those of a schedule's own time zone. Schedules " +
      "that name it follow at once: slots that were settled already stay as they are.",
    role: "admin",
    params: CalendarParams,
    query: NoQuery,
    body: {
      schema: CalendarSpec,
      example: {
        description: "When the Berlin office works.",
        weekend: ["SAT", "SUN"],
        holidays: { country: "DE", state: "BE" },
        closedDays: ["2026-12-24", "2026-12-31"],
        freezes: [
          {
            from: "2026-12-18T18:00:00+01:00",
            to: "2027-01-04T06:00:00+01:00",
            reason: "year-end freeze",
          },
        ],
      },
    },
    answers: {
      200: { description: "The calendar, changed or as it was.", schema: CalendarView },
      201: { description: "The calendar is new.", schema: CalendarView },
    },
    problems: ["limit_reached", "conflict"],
  },
  listCalendars: {
    method: "get",
    path: "/v1/calendars",
    tag: "Schedules",
    summary: "List the calendars",
    description: "In the order of their names.",
    role: "viewer",
    query: PageQuery,
    answers: { 200: { description: "A page of calendars.", schema: listPage(CalendarView) } },
    problems: ["invalid_cursor"],
  },
  getCalendar: {
    method: "get",
    path: "/v1/calendars/{name}",
    tag: "Schedules",
    summary: "Show a calendar",
    role: "viewer",
    params: CalendarParams,
    query: NoQuery,
    answers: { 200: { description: "The calendar.", schema: CalendarView } },
    problems: ["calendar_not_found"],
  },
  listCalendarDays: {
    method: "get",
    path: "/v1/calendars/{name}/days",
    tag: "Schedules",
    summary: "List the days on which a calendar is closed",
    description: "Each with its reason, in their order; freezes are listed beside them.",
    role: "viewer",
    params: CalendarParams,
    query: CalendarDaysQuery,
    answers: { 200: { description: "The closed days.", schema: CalendarDaysView } },
    problems: ["calendar_not_found"],
  },
  deleteCalendar: {
    method: "delete",
    path: "/v1/calendars/{name}",
    tag: "Schedules",
    summary: "Delete a calendar",
    description: "Refused while schedules name it.",
    role: "admin",
    params: CalendarParams,
    query: NoQuery,
    answers: { 200: { description: "It is gone.", schema: DeletedAnswer } },
    problems: ["calendar_not_found", "calendar_in_use", "conflict"],
  },
} as const satisfies Record<string, RouteSpec>;
