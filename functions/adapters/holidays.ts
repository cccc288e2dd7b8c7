import type Calendars from "date-holidays";
import { nearestName } from "../../shared/core/nearest-name.ts";
import type { Holidays } from "../../shared/ports/holidays.ts";
import type { CalendarSpec } from "../../shared/schedule/calendar.ts";

type Place = NonNullable<CalendarSpec["holidays"]>;
type CalendarsClass = typeof Calendars;

/** Years of places that are kept; each is some dozens of days. */
const yearsKept = 2_000;

const dayMs = 24 * 3_600_000;

/**
 * Public holidays by the `date-holidays` package, in English where it has a name. It is large, so it
 * is loaded when the first calendar asks.
 */
export function openHolidays(): Holidays {
  const known = new Map<string, ReadonlyMap<string, string>>();
  let loading: Promise<CalendarsClass> | undefined;
  const load = (): Promise<CalendarsClass> => {
    loading ??= import("date-holidays").then((module) => module.default);
    return loading;
  };
  return {
    async ofYear(place, year) {
      const key = JSON.stringify([place.country, place.state, place.region, year]);
      const present = known.get(key);
      if (present !== undefined) return present;
      const days = daysOfYear(await load(), place, year);
      if (known.size >= yearsKept) known.clear();
      known.set(key, days);
      return days;
    },
    async problemOf(place) {
      return problemOf(await load(), place);
    },
  };
}

function daysOfYear(
  Class: CalendarsClass,
  { country, state, region }: Place,
  year: number,
): ReadonlyMap<string, string> {
  const calendars = new Class({ country, state: state ?? "", region: region ?? "" }, openOptions);
  const days = new Map<string, string>();
  for (const { date, start, end, name } of calendars.getHolidays(year)) {
    // Half holidays begin in the middle of a day, on which people work before.
    if (date.slice(11, 19) !== "00:00:00") continue;
    const firstMs = Date.parse(`${date.slice(0, 10)}T00:00:00Z`);
    const length = Math.max(1, Math.round((end.getTime() - start.getTime()) / dayMs));
    for (let day = 0; day < length; day++) {
      const text = new Date(firstMs + day * dayMs).toISOString().slice(0, 10);
      if (!days.has(text)) days.set(text, name);
    }
  }
  return days;
}

const openOptions = { languages: ["en"], types: ["public" as const] };

/** The package takes unknown places without a word and answers with other days. */
function problemOf(Class: CalendarsClass, { country, state, region }: Place): string | undefined {
  const all = new Class();
  const countries = Object.keys(all.getCountries("en"));
  if (!countries.includes(country)) {
    return `no holidays are known of the country "${country}"`;
  }
  if (state === undefined) {
    return region === undefined ? undefined : "a region needs the state that it belongs to";
  }
  const states = Object.keys(all.getStates(country, "en") ?? {});
  if (!states.includes(state)) return unknownPart("state", state, `"${country}"`, states);
  if (region === undefined) return undefined;
  const regions = Object.keys(all.getRegions(country, state, "en") ?? {});
  if (regions.includes(region)) return undefined;
  return unknownPart("region", region, `"${country}-${state}"`, regions);
}

function unknownPart(kind: string, given: string, of: string, parts: readonly string[]): string {
  const start = `no ${kind} "${given}" of ${of} is known`;
  if (parts.length === 0) return `${start}; it has none`;
  const nearest = nearestName(given, parts);
  const list = parts.length <= 20 ? parts.join(", ") : `${parts.slice(0, 20).join(", ")} and more`;
  return `${start}; ${nearest === undefined ? "" : `nearest is ${nearest}, and `}there are ${list}`;
}
