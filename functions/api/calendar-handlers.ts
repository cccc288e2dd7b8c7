import { calendarToView } from "../../shared/contract/http/calendar-views.ts";
import { closedDaysOfCalendar } from "../calendars/calendar-days.ts";
import {
  defineCalendar,
  deleteCalendar,
  getCalendar,
  listCalendars,
} from "../calendars/define-calendar.ts";
import { previewSchedule } from "../calendars/preview-schedule.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type CalendarHandlers = Pick<
  Handlers,
  | "defineCalendar"
  | "listCalendars"
  | "getCalendar"
  | "listCalendarDays"
  | "deleteCalendar"
  | "previewSchedule"
>;

export function calendarHandlers({ engine }: ApiDeps): CalendarHandlers {
  return {
    async defineCalendar({ context, params, body }) {
      const { calendar, created } = await defineCalendar(engine, context, params.name, body);
      const view = calendarToView(calendar);
      return answer(created ? 201 : 200, view, created ? { location: view.links.self } : {});
    },
    async listCalendars({ context, query }) {
      const { calendars, ...page } = await listCalendars(engine, context.tenant, query);
      return answer(200, { items: calendars.map(calendarToView), ...page });
    },
    async getCalendar({ context, params }) {
      return answer(
        200,
        calendarToView(await getCalendar(engine.store, context.tenant, params.name)),
      );
    },
    async listCalendarDays({ context, params, query }) {
      const calendar = await getCalendar(engine.store, context.tenant, params.name);
      return answer(200, await closedDaysOfCalendar(engine, calendar, query));
    },
    async deleteCalendar({ context, params }) {
      await deleteCalendar(engine, context, params.name);
      return answer(200, { deleted: true });
    },
    async previewSchedule({ context, body }) {
      return answer(200, await previewSchedule(engine, context.tenant, body));
    },
  };
}
