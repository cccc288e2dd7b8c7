import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Calendar, CalendarSpec } from "../../shared/schedule/calendar.ts";
import { recordPage } from "../lists/record-page.ts";
import type { RecordingEngine } from "../runtime/engine.ts";
import {
  calendarNotFound,
  contendedCalendar,
  loadCalendar,
  saveCalendar,
} from "./calendar-records.ts";
import { schedulesOf } from "./calendar-users.ts";

/** Makes a calendar, or replaces what it says, and has the schedules that ask it look again. */
export async function defineCalendar(
  engine: RecordingEngine,
  { tenant, actor }: TenantContext,
  name: string,
  spec: CalendarSpec,
): Promise<{ readonly calendar: Calendar; readonly created: boolean }> {
  const { store, clock, log } = engine;
  await refuseWrong(engine, spec);
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadCalendar(store, tenant, name);
    if (present === undefined) await refuseTooMany(store, tenant);
    const nowMs = clock.now();
    const calendar: Calendar = {
      tenant,
      name,
      spec,
      createdAtMs: present?.body.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    if (!(await saveCalendar(store, calendar, present?.version ?? "absent"))) continue;
    log.info("calendar defined", { calendar: name, created: present === undefined });
    if (present !== undefined) await tellSchedules(engine, tenant, name);
    return { calendar, created: present === undefined };
  }
  throw new RejectionError(contendedCalendar(name));
}

async function refuseWrong({ holidays }: RecordingEngine, spec: CalendarSpec): Promise<void> {
  const closed = new Set(spec.closedDays);
  const both = spec.openDays.findIndex((day) => closed.has(day));
  if (both >= 0) {
    throw new RejectionError({
      code: "invalid_field",
      detail: `${spec.openDays[both]} is both open and closed`,
      pointer: `/openDays/${both}`,
      suggestion: "leave it in one of the two lists",
    });
  }
  if (spec.holidays === undefined) return;
  const problem =
    holidays === undefined
      ? "this host knows no public holidays"
      : await holidays.problemOf(spec.holidays);
  if (problem === undefined) return;
  throw new RejectionError({
    code: "invalid_field",
    detail: problem,
    pointer: "/holidays",
    suggestion: 'take ISO 3166 codes such as {"country": "DE", "state": "BY"}',
  });
}

async function refuseTooMany(store: RecordingEngine["store"], tenant: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.calendar(tenant, "").pk,
    order: "ascending",
    limit: limits.calendarsMax,
  });
  if (present.length < limits.calendarsMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.calendarsMax} calendars already, and no more are possible`,
    suggestion: "delete one that is no longer used",
  });
}

/** Only a hint: schedules with calendars look again by themselves from time to time. */
async function tellSchedules(
  { store, recordHints }: RecordingEngine,
  tenant: string,
  calendar: string,
): Promise<void> {
  if (recordHints === undefined) return;
  const names = await schedulesOf(store, tenant, calendar, limits.storePageMax);
  await recordHints.send(names.map((name) => ({ kind: "schedule" as const, tenant, name })));
}

/** The calendar; throws a RejectionError when there is none. */
export async function getCalendar(
  store: RecordingEngine["store"],
  tenant: string,
  name: string,
): Promise<Calendar> {
  const loaded = await loadCalendar(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(calendarNotFound(name));
  return loaded.body;
}

/** The tenant's calendars in the order of their names. */
export async function listCalendars(
  engine: RecordingEngine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly calendars: readonly Calendar[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.calendar(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listCalendars", filters: {} },
    },
    query,
  );
  return { calendars: records.map(({ body }) => body as unknown as Calendar), ...next };
}

/** Deletes a calendar that no schedule asks. */
export async function deleteCalendar(
  { store, log }: RecordingEngine,
  { tenant }: TenantContext,
  name: string,
): Promise<void> {
  const present = await loadCalendar(store, tenant, name);
  if (present === undefined) throw new RejectionError(calendarNotFound(name));
  const users = await schedulesOf(store, tenant, name, 3);
  if (users.length > 0) {
    const shown = users.slice(0, 2).map((user) => `"${user}"`);
    throw new RejectionError({
      code: "calendar_in_use",
      detail: `the calendar "${name}" is used by the schedule ${shown.join(", ")}${users.length > 2 ? " and more" : ""}`,
      suggestion: "take it out of their calendars first",
    });
  }
  const result = await store.write([
    { kind: "delete", key: keys.calendar(tenant, name), expect: present.version },
  ]);
  if (result.outcome === "lost") throw new RejectionError(contendedCalendar(name));
  log.info("calendar deleted", { calendar: name });
}
