import type { InstanceState } from "../instance/moves.ts";
import { roundedUsd } from "../pricing/attempt-usd.ts";
import { mergeSketches, type Sketch } from "./sketch.ts";

/** Counts and sums of one task on one backend in one span of time. Adding two gives the sum of both. */
export interface Rollup {
  readonly tenant: string;
  readonly task: string;
  readonly backend: string;
  /** `m-` and the minute or `h-` and the hour, UTC, as in m-2026-11-20T09:05. */
  readonly bucket: string;
  readonly submitted: number;
  readonly finished: Readonly<Partial<Record<InstanceState, number>>>;
  readonly attempts: number;
  readonly attemptsFailed: number;
  readonly runMsSum: number;
  readonly waitMsSum: number;
  /** What its attempts cost by list prices: an estimate. */
  readonly usdSum: number;
  readonly runMs: Sketch;
  readonly waitMs: Sketch;
}

export type RollupSpan = "minute" | "hour";

export function bucketName(span: RollupSpan, atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return span === "minute" ? `m-${iso.slice(0, 16)}` : `h-${iso.slice(0, 13)}`;
}

/** Both must be of the same task, backend and bucket. */
export function addRollups(left: Rollup, right: Rollup): Rollup {
  const finished: Partial<Record<InstanceState, number>> = { ...left.finished };
  for (const [state, count] of Object.entries(right.finished) as [InstanceState, number][]) {
    finished[state] = (finished[state] ?? 0) + count;
  }
  return {
    ...left,
    finished,
    submitted: left.submitted + right.submitted,
    attempts: left.attempts + right.attempts,
    attemptsFailed: left.attemptsFailed + right.attemptsFailed,
    runMsSum: left.runMsSum + right.runMsSum,
    waitMsSum: left.waitMsSum + right.waitMsSum,
    // Rollups that were stored before prices were counted have none.
    usdSum: roundedUsd((left.usdSum ?? 0) + (right.usdSum ?? 0)),
    runMs: mergeSketches(left.runMs, right.runMs),
    waitMs: mergeSketches(left.waitMs, right.waitMs),
  };
}
