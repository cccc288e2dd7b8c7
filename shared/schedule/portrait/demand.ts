import { jitterMs } from "../fires.ts";
import type { CollectedFires, Stretch } from "./collect-fires.ts";
import { type Plan, type PlannedSchedule, type Quantile, runSeconds } from "./plan.ts";

/** A plan with its fires: all that curves are made from. */
export interface Drawing extends Plan {
  readonly stretch: Stretch;
  readonly fires: CollectedFires;
}

/** By how many seconds the fires of each schedule are late: its place within its jitter. */
export type Offsets = Int32Array;

export function offsetsOf(
  schedules: readonly PlannedSchedule[],
  jitterSecondsOf: (schedule: PlannedSchedule, place: number) => number = ({ rules }) =>
    rules.jitterSeconds,
): Offsets {
  return Int32Array.from(schedules, (schedule, place) => {
    const jitterSeconds = jitterSecondsOf(schedule, place);
    return jitterMs({ jitterSeconds, jitterSeed: schedule.rules.jitterSeed }) / 1_000;
  });
}

/**
 * Tells of each run of a schedule: from its first second to the one behind its last. A schedule whose
 * instances do not overlap has one at a time: the next slot ends, replaces, awaits or goes without the
 * one before it, which as a number of runs is all the same. A fire that stands for several has one
 * run as long as all of theirs.
 */
export function eachRun(
  { schedules, fires }: Drawing,
  place: number,
  offsets: Offsets,
  quantile: Quantile,
  tell: (startSecond: number, endSecond: number) => void,
): void {
  const schedule = schedules[place];
  const own = fires.ofSchedule[place];
  if (schedule === undefined || own === undefined) return;
  const offset = offsets[place] ?? 0;
  const lastsSeconds = runSeconds(schedule, quantile);
  for (let index = 0; index < own.length; index++) {
    const fire = own[index];
    if (fire === undefined) continue;
    const next = schedule.overlaps ? undefined : own[index + 1];
    const endSecond = Math.min(
      fire.second + lastsSeconds * fire.weight,
      next?.second ?? Number.POSITIVE_INFINITY,
    );
    tell(fire.second + offset, endSecond + offset);
  }
}

/** How many runs there are in each second. */
export function runsBySecond(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
  quantile: Quantile,
): Int32Array {
  const { seconds } = drawing.stretch;
  const level = new Int32Array(seconds + 1);
  const add = (startSecond: number, endSecond: number): void => {
    const from = Math.max(0, startSecond);
    const to = Math.min(seconds, endSecond);
    if (from >= to) return;
    level[from] = (level[from] ?? 0) + 1;
    level[to] = (level[to] ?? 0) - 1;
  };
  for (const place of members) eachRun(drawing, place, offsets, quantile, add);
  let sum = 0;
  for (let second = 0; second < seconds; second++) {
    sum += level[second] ?? 0;
    level[second] = sum;
  }
  return level.subarray(0, seconds);
}

/**
 * How many starts fall into each bucket of so many seconds, each worth what its schedule says. A fire
 * that stands for several has them spread evenly.
 */
export function startsByBucket(
  { fires, stretch }: Drawing,
  members: readonly number[],
  offsets: Offsets,
  bucketSeconds: number,
  worthOf: (place: number) => number = () => 1,
): Float64Array {
  const starts = new Float64Array(Math.ceil(stretch.seconds / bucketSeconds));
  // What each bucket has more than the one before it.
  const rises = new Float64Array(starts.length + 1);
  const add = (into: Float64Array, bucket: number, value: number): void => {
    into[bucket] = (into[bucket] ?? 0) + value;
  };
  for (const place of members) {
    const offset = offsets[place] ?? 0;
    const worth = worthOf(place);
    for (const { second, weight, overSeconds } of fires.ofSchedule[place] ?? []) {
      const from = Math.max(0, second + offset);
      const to = Math.min(second + offset + overSeconds, stretch.seconds);
      if (from >= to) continue;
      const first = Math.floor(from / bucketSeconds);
      if (weight === 1) {
        add(starts, first, worth);
        continue;
      }
      const density = (worth * weight) / overSeconds;
      const last = Math.floor((to - 1) / bucketSeconds);
      add(rises, first, density * bucketSeconds);
      add(rises, last + 1, -density * bucketSeconds);
      // The first and the last bucket are not full.
      add(starts, first, density * (first * bucketSeconds - from));
      add(starts, last, density * (to - (last + 1) * bucketSeconds));
    }
  }
  let level = 0;
  for (let bucket = 0; bucket < starts.length; bucket++) {
    level += rises[bucket] ?? 0;
    add(starts, bucket, level);
  }
  return starts;
}

/** How many schedules fire in each second; fires that stand for several count as one. */
export function firesBySecond(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
): Int32Array {
  const { seconds } = drawing.stretch;
  const level = new Int32Array(seconds);
  for (const place of members) {
    const offset = offsets[place] ?? 0;
    for (const fire of drawing.fires.ofSchedule[place] ?? []) {
      const second = fire.second + offset;
      if (second >= 0 && second < seconds) level[second] = (level[second] ?? 0) + 1;
    }
  }
  return level;
}

/** How long, in seconds, whoever starts then waits for its turn at a rate. */
export function lagBySecond(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
  rate: { readonly starts: number; readonly perSeconds: number; readonly burst: number },
): Float64Array {
  const lag = startsByBucket(drawing, members, offsets, 1);
  const perSecond = rate.starts / rate.perSeconds;
  let waiting = -rate.burst;
  for (let second = 0; second < lag.length; second++) {
    waiting += lag[second] ?? 0;
    lag[second] = Math.max(0, waiting / perSecond);
    waiting = Math.max(-rate.burst, waiting - perSecond);
  }
  return lag;
}
