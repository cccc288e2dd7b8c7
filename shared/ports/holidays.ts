import type { CalendarSpec } from "../schedule/calendar.ts";

/** Public holidays of the world. */
export interface Holidays {
  /** Days as YYYY-MM-DD with their names, of one year. */
  ofYear(
    place: NonNullable<CalendarSpec["holidays"]>,
    year: number,
  ): Promise<ReadonlyMap<string, string>>;
  /** What is wrong with a place, in a sentence; undefined when it is known. */
  problemOf(place: NonNullable<CalendarSpec["holidays"]>): Promise<string | undefined>;
}
