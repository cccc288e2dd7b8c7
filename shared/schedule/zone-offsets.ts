import { assert } from "../core/errors.ts";
import { dayMs, type LocalMs } from "./local-time.ts";

/** A stretch of time with one distance from UTC; it ends where the next one begins. */
interface Stretch {
  readonly fromMs: number;
  readonly offsetMs: number;
}

/** The clocks of a zone. */
export interface Zone {
  readonly name: string;
  /** What its clocks show at an instant. */
  localOf(atMs: number): LocalMs;
  /** When its clocks show this: never in a gap, twice where they were put back, oldest first. */
  instantsOf(localMs: LocalMs): readonly number[];
  /** The first instant at which its clocks show this time or a later one. */
  firstInstantFrom(localMs: LocalMs): number;
}

/** No zone is further from UTC, nor moves its clocks by more; a margin is included. */
const offsetMsMax = 26 * 3_600_000;

/** Since 1970 the shortest time of one offset were seven days, on Noronha and elsewhere, in 2000. */
const probeMs = 6 * dayMs;

const zones = new Map<string, Zone>();

/** The zone of a name that `zoneProblem` has no objection to; opened once and kept. */
export function openZone(name: string): Zone {
  const known = zones.get(name);
  if (known !== undefined) return known;
  const zone = readZone(name);
  zones.set(name, zone);
  return zone;
}

function readZone(name: string): Zone {
  const probe = offsetProbe(name);
  const years = new Map<number, readonly Stretch[]>();
  const stretchesOf = (year: number): readonly Stretch[] => {
    const known = years.get(year);
    if (known !== undefined) return known;
    const found = findStretches(probe, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
    years.set(year, found);
    return found;
  };
  const offsetAt = (atMs: number): number => {
    const stretches = stretchesOf(new Date(atMs).getUTCFullYear());
    for (let i = stretches.length - 1; i > 0; i--) {
      const stretch = stretches[i];
      if (stretch !== undefined && stretch.fromMs <= atMs) return stretch.offsetMs;
    }
    return stretches[0]?.offsetMs ?? 0;
  };
  const instantsOf = (localMs: LocalMs): readonly number[] => {
    const before = offsetAt(localMs - offsetMsMax);
    const after = offsetAt(localMs + offsetMsMax);
    // Nearly always: no change of the clocks anywhere near.
    if (before === after) return [localMs - before];
    const instants = [localMs - before, localMs - after].filter(
      (atMs) => atMs + offsetAt(atMs) === localMs,
    );
    return instants.sort((a, b) => a - b);
  };
  return {
    name,
    localOf: (atMs) => atMs + offsetAt(atMs),
    instantsOf,
    firstInstantFrom(localMs) {
      const [first] = instantsOf(localMs);
      if (first !== undefined) return first;
      // In a gap the clocks jump over it: the jump is the first instant that shows a later time.
      return changeBetween(offsetAt, localMs - offsetMsMax, localMs + offsetMsMax);
    },
  };
}

function findStretches(
  offsetAt: (atMs: number) => number,
  fromMs: number,
  toMs: number,
): readonly Stretch[] {
  const stretches: Stretch[] = [{ fromMs, offsetMs: offsetAt(fromMs) }];
  let offsetMs = offsetAt(fromMs);
  for (let atMs = fromMs; atMs < toMs; atMs += probeMs) {
    const nextMs = Math.min(atMs + probeMs, toMs);
    const nextOffsetMs = offsetAt(nextMs);
    if (nextOffsetMs === offsetMs) continue;
    const changeMs = changeBetween(offsetAt, atMs, nextMs);
    if (changeMs < toMs) stretches.push({ fromMs: changeMs, offsetMs: nextOffsetMs });
    offsetMs = nextOffsetMs;
  }
  return stretches;
}

/** The first instant with another offset than the one at `fromMs`, to the second. */
function changeBetween(offsetAt: (atMs: number) => number, fromMs: number, toMs: number): number {
  const offsetMs = offsetAt(fromMs);
  let before = Math.floor(fromMs / 1_000);
  let after = Math.ceil(toMs / 1_000);
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (offsetAt(middle * 1_000) === offsetMs) before = middle;
    else after = middle;
  }
  return after * 1_000;
}

/** Asks the platform's time zone database; slow, so that its answers are kept as stretches. */
function offsetProbe(name: string): (atMs: number) => number {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: name,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  // Formats as "11/21/2026, 09:30:00"; taking that apart is faster than having it taken apart.
  const pattern = /^(\d+)\/(\d+)\/(\d+), (\d+):(\d+):(\d+)$/;
  return (atMs) => {
    const [, ...parts] = pattern.exec(format.format(atMs)) ?? [];
    const [month, day, year, hour, minute, second] = parts.map(Number);
    assert(second !== undefined, `the platform formats times of ${name} in an unknown way`);
    const localMs = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
    return localMs - Math.floor(atMs / 1_000) * 1_000;
  };
}
