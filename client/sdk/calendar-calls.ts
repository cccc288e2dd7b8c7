import type * as z from "zod";
import type { CalendarDaysView, CalendarView } from "../../shared/contract/http/calendar-views.ts";
import type { DeletedAnswer } from "../../shared/contract/http/pool-views.ts";
import type { PreviewAnswer, PreviewRequest } from "../../shared/contract/http/preview.ts";
import type { CalendarSpec } from "../../shared/schedule/calendar.ts";
import type { CallOptions } from "./client.ts";
import { type Listing, openListing, queryOf } from "./listing.ts";
import type { Ask } from "./read-calls.ts";

/** A calendar as one writes it; what is left out has defaults. */
export type CalendarBody = z.input<typeof CalendarSpec>;

/** What to preview; what is left out has defaults. */
export type PreviewBody = z.input<typeof PreviewRequest>;

/** Calendars that schedules ask before they fire. */
export interface CalendarsClient {
  /** Makes a calendar, or replaces what it says. */
  define(name: string, calendar: CalendarBody, options?: CallOptions): Promise<CalendarView>;
  list(options?: CallOptions): Listing<CalendarView>;
  show(name: string, options?: CallOptions): Promise<CalendarView>;
  /** The days, as YYYY-MM-DD, on which it is closed, with the reasons. */
  days(
    name: string,
    range?: { readonly from?: string | undefined; readonly to?: string | undefined },
    options?: CallOptions,
  ): Promise<CalendarDaysView>;
  /** Refused while schedules name it. */
  delete(name: string, options?: CallOptions): Promise<DeletedAnswer>;
}

export interface CalendarCalls {
  readonly calendars: CalendarsClient;
  /** When a schedule of these rules would fire, and why not at other times. Stores nothing. */
  previewSchedule(preview: PreviewBody, options?: CallOptions): Promise<PreviewAnswer>;
}

export function calendarCalls(ask: Ask): CalendarCalls {
  const get = <Answer>(path: string, options: CallOptions | undefined): Promise<Answer> =>
    ask<Answer>({ method: "GET", path, repeatable: true, options });
  return {
    calendars: {
      define: (name, body, options) =>
        ask({ method: "PUT", path: calendarPath(name), body, repeatable: true, options }),
      list: (options) =>
        openListing((cursor) => get(`/v1/calendars${queryOf({ cursor })}`, options)),
      show: (name, options) => get(calendarPath(name), options),
      days: (name, { from, to } = {}, options) =>
        get(`${calendarPath(name)}/days${queryOf({ from, to })}`, options),
      delete: (name, options) =>
        // Repeated after a lost answer it would say that there is no such calendar.
        ask({ method: "DELETE", path: calendarPath(name), repeatable: false, options }),
    },
    previewSchedule: (body, options) =>
      ask({ method: "POST", path: "/v1/schedules/preview", body, repeatable: true, options }),
  };
}

function calendarPath(name: string): string {
  return `/v1/calendars/${encodeURIComponent(name)}`;
}
