import { limits } from "../../core/limits.ts";
import { type Drawing, type Offsets, offsetsOf } from "./demand.ts";
import type { Collision } from "./find-collisions.ts";
import type { Gauge } from "./levels.ts";
import { peakOf } from "./peak.ts";
import type { PlannedSchedule } from "./plan.ts";

/** What a collision is like, and how many runs there are at most in all the stretch. */
export interface SpreadFacts {
  /** In the measure of its gauge, around its occurrences. */
  readonly level: number;
  readonly secondsAbove: number;
  readonly peakRuns: number;
}

/** The least jitter that removes a collision, or else the one that helps most. */
export interface SpreadProposal {
  readonly withinSeconds: number;
  /** Places of the schedules that are to have that jitter. */
  readonly members: readonly number[];
  readonly removes: boolean;
  readonly before: SpreadFacts;
  readonly after: SpreadFacts;
}

/** A schedule that keeps its times, and why. */
export interface LeftOut {
  readonly place: number;
  readonly reason: string;
}

export interface Spread {
  /** Absent where no jitter makes it better. */
  readonly proposal?: SpreadProposal;
  readonly leftOut: readonly LeftOut[];
}

/** Jitters that are tried, the least first. */
const steps = [15, 30, 60, 120, 240, 480, 900, 1_800, limits.jitterSecondsMax] as const;

/**
 * Tries one jitter after the other on the schedules of a collision and draws anew what becomes of it.
 * Nothing is proposed that raises the peak of all runs, or beyond its bound that of anything else.
 */
export function proposeSpread(
  drawing: Drawing,
  gauges: readonly Gauge[],
  offsets: Offsets,
  collision: Collision,
): Spread {
  const { gauge } = collision;
  const everything = [...drawing.schedules.keys()];
  const peakRuns = peakOf(drawing, everything, offsets, "p90").runs;
  const levels = gauge.levels(offsets);
  const touched = gaugesTouched(drawing, gauges, collision);
  const highest = touched.map((each) => each.highest(offsets));
  const harmless = (moved: Offsets): number | undefined => {
    const movedPeak = peakOf(drawing, everything, moved, "p90").runs;
    const isWorse = touched.some(
      (each, index) => each.highest(moved) > Math.max(each.bound, highest[index] ?? 0),
    );
    return movedPeak > peakRuns || isWorse ? undefined : movedPeak;
  };
  const tried = steps.flatMap((withinSeconds): readonly Tried[] => {
    const members = movable(drawing, collision, withinSeconds);
    if (members.length === 0) return [];
    const moved = withJitter(drawing, offsets, members, withinSeconds);
    const before = around(levels, collision, withinSeconds);
    const after = around(gauge.levels(moved), collision, withinSeconds);
    return after.level < before.level ? [{ withinSeconds, members, moved, before, after }] : [];
  });
  for (const { withinSeconds, members, moved, before, after } of bestFirst(tried, gauge.bound)) {
    const movedPeak = harmless(moved);
    if (movedPeak === undefined) continue;
    const proposal: SpreadProposal = {
      withinSeconds,
      members,
      removes: after.level <= gauge.bound,
      before: { ...before, peakRuns },
      after: { ...after, peakRuns: movedPeak },
    };
    return { proposal, leftOut: leftOutBy(drawing, collision, withinSeconds) };
  }
  return { leftOut: leftOutBy(drawing, collision, limits.jitterSecondsMax) };
}

interface Tried {
  readonly withinSeconds: number;
  readonly members: readonly number[];
  readonly moved: Offsets;
  readonly before: Omit<SpreadFacts, "peakRuns">;
  readonly after: Omit<SpreadFacts, "peakRuns">;
}

/** The least jitters that remove it, then those that leave the least of it. */
function bestFirst(tried: readonly Tried[], bound: number): readonly Tried[] {
  const removes = tried.filter(({ after }) => after.level <= bound);
  const helps = tried.filter(({ after }) => after.level > bound);
  return [...removes, ...helps.sort((one, other) => one.after.level - other.after.level)];
}

/** The offsets when some schedules have another jitter. */
export function withJitter(
  { schedules }: Pick<Drawing, "schedules">,
  offsets: Offsets,
  members: readonly number[],
  jitterSeconds: number,
): Offsets {
  const moved = offsets.slice();
  for (const place of members) {
    const schedule = schedules[place];
    if (schedule === undefined) continue;
    moved[place] = offsetsOf([schedule], () => jitterSeconds)[0] ?? 0;
  }
  return moved;
}

/** What those schedules take from, and how many fire together. */
function gaugesTouched(
  { capacities, schedules }: Drawing,
  gauges: readonly Gauge[],
  { members }: Collision,
): readonly Gauge[] {
  const taken = new Set(members.flatMap((place) => schedules[place]?.takes ?? []));
  return gauges.filter((_, place) => place >= capacities.length || taken.has(place));
}

function movable(
  drawing: Drawing,
  { members }: Collision,
  withinSeconds: number,
): readonly number[] {
  return members
    .filter((place) => reasonToStay(drawing, place, withinSeconds) === undefined)
    .slice(0, limits.spreadSchedulesMax);
}

function leftOutBy(
  drawing: Drawing,
  { members }: Collision,
  withinSeconds: number,
): readonly LeftOut[] {
  return members.flatMap((place) => {
    const reason = reasonToStay(drawing, place, withinSeconds);
    return reason === undefined ? [] : [{ place, reason }];
  });
}

/** Why a schedule is not given that jitter; undefined when it may be. */
export function reasonToStay(
  { schedules, fires }: Pick<Drawing, "schedules" | "fires">,
  place: number,
  withinSeconds: number,
): string | undefined {
  const schedule = schedules[place];
  if (schedule === undefined) return "it is unknown";
  const { onClosedDay, jitterSeconds, expression, startMs } = schedule.rules;
  if (onClosedDay === "previous" || onClosedDay === "next") return "calendars move its slots";
  if (jitterSeconds >= withinSeconds) return `it has a jitter of ${jitterSeconds} s of its own`;
  if (expression.kind === "rate" && startMs === undefined) {
    return "a rate(…) without startAt begins to count anew when its times change";
  }
  const gapSeconds = shortestGap(schedule, fires.ofSchedule[place] ?? []);
  return gapSeconds <= withinSeconds ? `its slots come ${gapSeconds} s apart` : undefined;
}

function shortestGap(
  { rules }: PlannedSchedule,
  fires: Drawing["fires"]["ofSchedule"][number],
): number {
  let gap = Number.POSITIVE_INFINITY;
  if (rules.expression.kind === "rate") gap = rules.expression.everyMs / 1_000;
  for (const [index, { second, weight, overSeconds }] of fires.entries()) {
    const next = fires[index + 1];
    if (weight > 1) gap = Math.min(gap, Math.round(overSeconds / weight));
    else if (next !== undefined) gap = Math.min(gap, next.second - second);
  }
  return gap;
}

/** How high a level is around a collision, as far as a jitter can move it. */
function around(
  levels: Int32Array | Float64Array,
  { occurrences, gauge }: Collision,
  withinSeconds: number,
): Omit<SpreadFacts, "peakRuns"> {
  let level = 0;
  let secondsAbove = 0;
  let seenUntil = 0;
  for (const { startSecond, endSecond } of occurrences) {
    const from = Math.max(seenUntil, startSecond);
    const to = Math.min(levels.length, endSecond + withinSeconds);
    for (let second = from; second < to; second++) {
      const value = levels[second] ?? 0;
      if (value > level) level = value;
      if (value > gauge.bound) secondsAbove += 1;
    }
    seenUntil = Math.max(seenUntil, to);
  }
  return { level, secondsAbove };
}
