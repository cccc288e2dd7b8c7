/**
 * What clocks on a wall show, without a zone: the milliseconds that UTC would have had then. Arithmetic
 * on it is exact, since such a clock has no jumps.
 */
export type LocalMs = number;

export const minuteMs = 60_000;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

/** Days since 1970-01-01 on the wall. */
export function dayOf(localMs: LocalMs): number {
  return Math.floor(localMs / dayMs);
}

export interface CivilDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  /** 1 is Sunday and 7 is Saturday, as EventBridge counts. */
  readonly weekday: number;
}

export function civilDay(day: number): CivilDay {
  const date = new Date(day * dayMs);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    weekday: date.getUTCDay() + 1,
  };
}

/** Days since 1970-01-01 of a date. */
export function dayNumber(year: number, month: number, day: number): number {
  return Date.UTC(year, month - 1, day) / dayMs;
}

export function daysInMonth(year: number, month: number): number {
  return dayNumber(year, month + 1, 1) - dayNumber(year, month, 1);
}

/** 1 is Sunday and 7 is Saturday. */
export function weekdayOf(day: number): number {
  // 1970-01-01 was a Thursday.
  return ((((day + 4) % 7) + 7) % 7) + 1;
}

/** As YYYY-MM-DD. */
export function dayText(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** As YYYY-MM-DDTHH:MM:SS, without a zone. */
export function localText(localMs: LocalMs): string {
  return new Date(localMs).toISOString().slice(0, 19);
}

/** As HH:MM, with seconds only where there are some. */
export function clockText(localMs: LocalMs): string {
  const text = new Date(localMs).toISOString();
  return localMs % minuteMs === 0 ? text.slice(11, 16) : text.slice(11, 19);
}
