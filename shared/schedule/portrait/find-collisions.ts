import { stableHash } from "../../core/stable-hash.ts";
import { type Drawing, eachRun, type Offsets, runsBySecond } from "./demand.ts";
import type { Gauge } from "./levels.ts";

/** One time at which a level is above its bound. */
export interface Occurrence {
  readonly startSecond: number;
  /** Behind the last second above the bound. */
  readonly endSecond: number;
  readonly secondsAbove: number;
  readonly level: number;
  readonly levelSecond: number;
}

/** The same schedules against the same bound, once or again and again. */
export interface Collision {
  readonly gauge: Gauge;
  /** Places of the schedules that run, wait or fire at the highest moment. */
  readonly members: readonly number[];
  /** In the order of time. */
  readonly occurrences: readonly Occurrence[];
  readonly worst: Occurrence;
  /** Also when no run takes longer than half of them do. */
  readonly likely: boolean;
}

/** Occurrences with no more than a minute between them are one. */
const togetherSeconds = 60;
/** Of one bound; of more, the worst. */
const occurrencesMax = 500;

/**
 * All collisions, the likely ones first, then those that exceed their bound the most. The gauge of
 * instants is the last one, so that what others say of the same schedules is known by then.
 */
export function findCollisions(
  drawing: Drawing,
  gauges: readonly Gauge[],
  offsets: Offsets,
): readonly Collision[] {
  const found: Collision[] = [];
  const told: Told[] = [];
  for (const gauge of gauges) {
    if (gauge.highest(offsets) <= gauge.bound) continue;
    for (const collision of collisionsOf(drawing, gauge, offsets)) {
      if (gauge.kind !== "instant") {
        told.push({ occurrences: collision.occurrences, members: new Set(collision.members) });
      } else if (isTold(collision, told)) continue;
      found.push(collision);
    }
  }
  const excess = ({ worst, gauge }: Collision): number => worst.level / gauge.bound;
  return found.sort(
    (one, other) =>
      Number(other.likely) - Number(one.likely) ||
      Number(one.gauge.kind === "instant") - Number(other.gauge.kind === "instant") ||
      excess(other) - excess(one) ||
      one.worst.startSecond - other.worst.startSecond,
  );
}

function collisionsOf(drawing: Drawing, gauge: Gauge, offsets: Offsets): readonly Collision[] {
  const occurrences = occurrencesAbove(gauge.levels(offsets), gauge.bound);
  const members = membersOf(drawing, gauge, offsets, occurrences);
  const groups = new Map<string, { members: readonly number[]; occurrences: Occurrence[] }>();
  for (const [index, occurrence] of occurrences.entries()) {
    const own = members[index] ?? [];
    const key = stableHash(own.join(), 2);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { members: own, occurrences: [occurrence] });
    else group.occurrences.push(occurrence);
  }
  const usual =
    gauge.kind === "slots" ? runsBySecond(drawing, gauge.members, offsets, "p50") : undefined;
  const isLikely = ({ startSecond, endSecond }: Occurrence): boolean =>
    usual === undefined ||
    usual.subarray(startSecond, endSecond).some((runs) => runs > gauge.bound);
  return [...groups.values()].map((group) => ({
    gauge,
    ...group,
    worst: worstOf(group.occurrences),
    likely: group.occurrences.some(isLikely),
  }));
}

/** Stretches above a bound, in the order of time. */
export function occurrencesAbove(
  levels: Int32Array | Float64Array,
  bound: number,
): readonly Occurrence[] {
  const found: { -readonly [Field in keyof Occurrence]: Occurrence[Field] }[] = [];
  let last: (typeof found)[number] | undefined;
  for (let second = 0; second < levels.length; second++) {
    const level = levels[second] ?? 0;
    if (level <= bound) continue;
    if (last === undefined || second - last.endSecond > togetherSeconds) {
      last = { startSecond: second, endSecond: 0, secondsAbove: 0, level, levelSecond: second };
      found.push(last);
    }
    last.endSecond = second + 1;
    last.secondsAbove += 1;
    if (level > last.level) {
      last.level = level;
      last.levelSecond = second;
    }
  }
  if (found.length <= occurrencesMax) return found;
  const worst = found.toSorted((one, other) => other.level - one.level).slice(0, occurrencesMax);
  return worst.sort((one, other) => one.startSecond - other.startSecond);
}

/** For each occurrence the schedules that are part of its highest moment, in their order. */
function membersOf(
  drawing: Drawing,
  gauge: Gauge,
  offsets: Offsets,
  occurrences: readonly Occurrence[],
): readonly (readonly number[])[] {
  const found = occurrences.map((): number[] => []);
  const note = (place: number, startSecond: number, endSecond: number): void => {
    let index = firstFrom(occurrences, startSecond);
    for (; (occurrences[index]?.levelSecond ?? endSecond) < endSecond; index++) {
      const own = found[index];
      if (own !== undefined && own.at(-1) !== place) own.push(place);
    }
  };
  for (const place of gauge.members) {
    if (gauge.kind === "slots") {
      eachRun(drawing, place, offsets, "p90", (start, end) => note(place, start, end));
      continue;
    }
    const offset = offsets[place] ?? 0;
    for (const { second, overSeconds } of drawing.fires.ofSchedule[place] ?? []) {
      const start = second + offset;
      const next = occurrences[firstFrom(occurrences, start)];
      // Whoever waits for its turn began to wait so long before the longest wait at the most.
      const waits = gauge.kind === "rate" ? Math.ceil(next?.level ?? 0) : 0;
      note(place, start, start + overSeconds + waits);
    }
  }
  return found;
}

/** The first occurrence whose highest moment is not before a second. */
function firstFrom(occurrences: readonly Occurrence[], second: number): number {
  let [low, high] = [0, occurrences.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((occurrences[middle]?.levelSecond ?? 0) < second) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** What is said already, ready to be asked whether it says as much as another collision. */
interface Told {
  readonly occurrences: readonly Occurrence[];
  readonly members: ReadonlySet<number>;
}

/** Whether schedules that fire together are already said to exceed something together. */
function isTold({ occurrences, members }: Collision, told: readonly Told[]): boolean {
  return occurrences.every(({ levelSecond }) =>
    told.some(
      (teller) =>
        teller.occurrences.some(
          ({ startSecond, endSecond }) => startSecond <= levelSecond && levelSecond < endSecond,
        ) && members.every((place) => teller.members.has(place)),
    ),
  );
}

function worstOf(occurrences: readonly Occurrence[]): Occurrence {
  return occurrences.reduce((worst, each) => (each.level > worst.level ? each : worst));
}
