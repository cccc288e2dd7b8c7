import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import type { Expectation, Store } from "../../shared/ports/store.ts";
import type { Calendar } from "../../shared/schedule/calendar.ts";

export async function loadCalendar(
  store: Store,
  tenant: string,
  name: string,
): Promise<{ readonly body: Calendar; readonly version: number } | undefined> {
  const record = await store.get(keys.calendar(tenant, name));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as Calendar, version: record.version };
}

/** True when it was written; false when another writer was faster. */
export async function saveCalendar(
  store: Store,
  calendar: Calendar,
  expect: Expectation,
): Promise<boolean> {
  const key = keys.calendar(calendar.tenant, calendar.name);
  const result = await store.write([
    { kind: "put", expect, record: { key, type: "calendar", body: calendar } },
  ]);
  return result.outcome === "wrote";
}

export function calendarNotFound(name: string, pointer = "name"): Rejection {
  return {
    code: "calendar_not_found",
    detail: `there is no calendar "${name}"`,
    pointer,
    suggestion:
      "list the calendars with GET /v1/calendars, or define this one with PUT /v1/calendars/{name}",
  };
}

export function contendedCalendar(name: string): Rejection {
  return {
    code: "conflict",
    detail: `others keep changing the calendar ${name}; nothing was changed`,
    suggestion: "try again",
  };
}
