import { limits } from "../../core/limits.ts";
import { type Drawing, type Offsets, runsBySecond, startsByBucket } from "./demand.ts";
import { type Peak, peakOf } from "./peak.ts";
import type { Quantile } from "./plan.ts";

/** What is to be expected of some schedules together. */
export interface Expected {
  readonly schedules: number;
  readonly starts: number;
  readonly startsPerMinuteMax: number;
  readonly usd: number;
  readonly peakP50: Peak;
  readonly peakP90: Peak;
}

/** The same by time: one number for each bucket. */
export interface Curve {
  readonly starts: readonly number[];
  /** The most runs at the same time. */
  readonly runsP50: readonly number[];
  readonly runsP90: readonly number[];
  readonly usd: readonly number[];
}

export interface NamedExpected extends Expected {
  readonly name: string;
  readonly members: readonly number[];
}

const minuteSeconds = 60;

export function expectedOf(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
): Expected {
  const perMinute = startsByBucket(drawing, members, offsets, minuteSeconds);
  const { seconds } = drawing.stretch;
  const [usd = 0] = startsByBucket(drawing, members, offsets, seconds, priceOf(drawing));
  return {
    schedules: members.length,
    starts: perMinute.reduce((sum, count) => sum + count, 0),
    startsPerMinuteMax: perMinute.reduce((most, count) => Math.max(most, count), 0),
    usd,
    peakP50: peakOf(drawing, members, offsets, "p50"),
    peakP90: peakOf(drawing, members, offsets, "p90"),
  };
}

export function curveOf(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
  bucketSeconds: number,
): Curve {
  const buckets = Math.ceil(drawing.stretch.seconds / bucketSeconds);
  const starts = startsByBucket(drawing, members, offsets, bucketSeconds);
  const usd = startsByBucket(drawing, members, offsets, bucketSeconds, priceOf(drawing));
  const peaks = (quantile: Quantile): readonly number[] => {
    const level = runsBySecond(drawing, members, offsets, quantile);
    return Array.from({ length: buckets }, (_, bucket) =>
      level
        .subarray(bucket * bucketSeconds, (bucket + 1) * bucketSeconds)
        .reduce((most, runs) => Math.max(most, runs), 0),
    );
  };
  return { starts: [...starts], runsP50: peaks("p50"), runsP90: peaks("p90"), usd: [...usd] };
}

function priceOf({ schedules }: Drawing): (place: number) => number {
  return (place) => schedules[place]?.run.usd ?? 0;
}

/** By task, by group …: those with the highest peaks first, and how many there are in all. */
export function expectedByName(
  drawing: Drawing,
  offsets: Offsets,
  nameOf: (place: number) => string | undefined,
): { readonly named: readonly NamedExpected[]; readonly count: number } {
  const byName = new Map<string, number[]>();
  for (const place of drawing.schedules.keys()) {
    const name = nameOf(place);
    if (name === undefined) continue;
    const members = byName.get(name);
    if (members === undefined) byName.set(name, [place]);
    else members.push(place);
  }
  const highest = [...byName]
    .map(([name, members]) => ({
      name,
      members,
      peak: peakOf(drawing, members, offsets, "p90").runs,
    }))
    .sort((one, other) => other.peak - one.peak || (one.name < other.name ? -1 : 1))
    .slice(0, limits.portraitNamesMax);
  return {
    count: byName.size,
    named: highest.map(({ name, members }) => ({
      name,
      members,
      ...expectedOf(drawing, members, offsets),
    })),
  };
}
