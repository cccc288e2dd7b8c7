import { keys } from "../../shared/contract/keys.ts";
import { assert } from "../../shared/core/errors.ts";
import type { Holidays } from "../../shared/ports/holidays.ts";
import type { Store } from "../../shared/ports/store.ts";
import type { Calendar } from "../../shared/schedule/calendar.ts";
import {
  type ClosedDays,
  closedDaysOf,
  type ResolvedCalendar,
} from "../../shared/schedule/closed-days.ts";

/** What reading calendars takes. */
export interface CalendarDeps {
  readonly store: Store;
  /** Absent on hosts where no calendar names a country. */
  readonly holidays?: Holidays | undefined;
}

/** Years around an instant: long enough for what fires once in a leap year. */
export function yearsAround(nowMs: number): readonly number[] {
  const year = new Date(nowMs).getUTCFullYear();
  return Array.from({ length: 11 }, (_, index) => year - 1 + index);
}

/**
 * When the calendars of these names are closed, together; undefined when no name is given. Public
 * holidays are known of the given years only: other years have none. A calendar that was deleted
 * closes nothing.
 */
export async function loadClosedDays(
  { store, holidays }: CalendarDeps,
  tenant: string,
  names: readonly string[] | undefined,
  years: readonly number[],
): Promise<ClosedDays | undefined> {
  if (names === undefined || names.length === 0) return undefined;
  const calendars = await loadCalendars(store, tenant, names);
  const present = calendars.filter((calendar) => calendar !== undefined);
  const resolved = present.map(({ name, spec }) => resolveCalendar(holidays, name, spec, years));
  return closedDaysOf(await Promise.all(resolved));
}

/** The calendars of these names, in their order. */
export async function loadCalendars(
  store: Store,
  tenant: string,
  names: readonly string[],
): Promise<readonly (Calendar | undefined)[]> {
  const records = await store.getMany(names.map((name) => keys.calendar(tenant, name)));
  return records.map((record) => record && (record.body as unknown as Calendar));
}

/** A calendar with the public holidays of the given years. */
export async function resolveCalendar(
  holidays: Holidays | undefined,
  name: string,
  spec: Calendar["spec"],
  years: readonly number[],
): Promise<ResolvedCalendar> {
  const place = spec.holidays;
  if (place === undefined) return { name, spec, holidays: new Map() };
  assert(holidays !== undefined, `the calendar ${name} names a country, and no holidays are known`);
  const found = await Promise.all(years.map((year) => holidays.ofYear(place, year)));
  return { name, spec, holidays: new Map(found.flatMap((days) => [...days])) };
}
