import type { Instance } from "../instance/instance.ts";
import { type InstanceState, isTerminal } from "../instance/moves.ts";
import { addToSketch, mergeSketches, type Sketch } from "./sketch.ts";

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
  readonly runMs: Sketch;
  readonly waitMs: Sketch;
}

export type RollupSpan = "minute" | "hour";

export function bucketName(span: RollupSpan, atMs: number): string {
  const iso = new Date(atMs).toISOString();
  return span === "minute" ? `m-${iso.slice(0, 16)}` : `h-${iso.slice(0, 13)}`;
}

/**
 * What the write that made this version of the instance adds to its rollups. Only the history entry
 * of that very version counts, so each transition is counted once however the feed is cut.
 */
export function rollupsOf(instance: Instance): readonly Rollup[] {
  const entry = instance.history.at(-1);
  if (entry === undefined || entry.version !== instance.version) return [];
  const attempt = instance.attempts.find(({ number }) => number === entry.attempt);
  const ended = attempt?.outcome !== undefined && entry.command !== "submit";
  const submitted = entry.command === "submit" ? 1 : 0;
  const finished = isTerminal(entry.to);
  if (submitted === 0 && !finished && !ended) return [];
  const runMs =
    ended && attempt?.startedAtMs !== undefined && attempt.finishedAtMs !== undefined
      ? (attempt.usage?.durationMs ?? attempt.finishedAtMs - attempt.startedAtMs)
      : undefined;
  const waitMs =
    ended && attempt?.startedAtMs !== undefined
      ? Math.max(0, attempt.startedAtMs - Math.min(attempt.claimedAtMs, instance.dueAtMs))
      : undefined;
  return (["minute", "hour"] as const).map((span) => ({
    tenant: instance.tenant,
    task: instance.task,
    backend: attempt?.backend ?? "none",
    bucket: bucketName(span, entry.atMs),
    submitted,
    finished: finished ? { [entry.to]: 1 } : {},
    attempts: ended ? 1 : 0,
    attemptsFailed: ended && attempt?.outcome !== "succeeded" ? 1 : 0,
    runMsSum: runMs ?? 0,
    waitMsSum: waitMs ?? 0,
    runMs: runMs === undefined ? {} : addToSketch({}, runMs),
    waitMs: waitMs === undefined ? {} : addToSketch({}, waitMs),
  }));
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
    runMs: mergeSketches(left.runMs, right.runMs),
    waitMs: mergeSketches(left.waitMs, right.waitMs),
  };
}
