import { type Drawing, eachRun, type Offsets, runsBySecond } from "./demand.ts";
import type { Quantile } from "./plan.ts";

export interface Peak {
  readonly runs: number;
  /** The first second of it. */
  readonly second: number;
}

/** Sorting a run takes about as long as passing so many seconds. */
const secondsPerRun = 10;

/** The most runs at the same time. */
export function peakOf(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
  quantile: Quantile,
): Peak {
  const { fires, stretch } = drawing;
  const runs = members.reduce((sum, place) => sum + (fires.ofSchedule[place]?.length ?? 0), 0);
  const isDense = runs * secondsPerRun > stretch.seconds;
  return (isDense ? peakBySecond : peakByRun)(drawing, members, offsets, quantile);
}

export const peakBySecond: typeof peakOf = (drawing, members, offsets, quantile) => {
  const level = runsBySecond(drawing, members, offsets, quantile);
  let peak: Peak = { runs: 0, second: 0 };
  for (let second = 0; second < level.length; second++) {
    const runs = level[second] ?? 0;
    if (runs > peak.runs) peak = { runs, second };
  }
  return peak;
};

/** Quicker where there are few runs in a long stretch. */
export function peakByRun(
  drawing: Drawing,
  members: readonly number[],
  offsets: Offsets,
  quantile: Quantile,
): Peak {
  const { seconds } = drawing.stretch;
  const starts: number[] = [];
  const ends: number[] = [];
  for (const place of members) {
    eachRun(drawing, place, offsets, quantile, (startSecond, endSecond) => {
      const from = Math.max(0, startSecond);
      if (from >= Math.min(seconds, endSecond)) return;
      starts.push(from);
      ends.push(endSecond);
    });
  }
  const begun = Int32Array.from(starts).sort();
  const ended = Int32Array.from(ends).sort();
  let peak: Peak = { runs: 0, second: 0 };
  let over = 0;
  for (let index = 0; index < begun.length; index++) {
    const second = begun[index] ?? 0;
    while (over < ended.length && (ended[over] ?? 0) <= second) over += 1;
    const runs = index + 1 - over;
    if (runs > peak.runs) peak = { runs, second };
  }
  return peak;
}
