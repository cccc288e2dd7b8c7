import type { AttemptTerms } from "../instance/instance.ts";
import { attemptUsd } from "../pricing/attempt-usd.ts";
import type { TaskNeeds } from "../task/task.ts";
import { rough } from "./predict.ts";
import { sizeBucketOf, type TaskProfile } from "./profile.ts";
import { type RunTimes, runTimesOn } from "./run-times.ts";

/** What an attempt may cost: nine of ten are expected to cost more than `lowUsd`, one more than `highUsd`. */
export interface CostBand {
  readonly backend: string;
  readonly lowUsd: number;
  readonly medianUsd: number;
  readonly highUsd: number;
  /** What the run times rest on; "unknown" is a guess that nothing speaks for. */
  readonly basis: RunTimes["basis"];
}

export interface CostBandFacts {
  readonly backend: string;
  /** On what terms an attempt would be granted there. */
  readonly terms: AttemptTerms;
  readonly timeoutSeconds: number;
  readonly needs: TaskNeeds;
  readonly inputBytes: number;
  readonly profile: TaskProfile | undefined;
}

/** By list prices and by how long runs take on this backend with inputs of this size: an estimate. */
export function costBand(facts: CostBandFacts): CostBand {
  const { backend, terms, timeoutSeconds, needs, inputBytes, profile } = facts;
  const times = runTimesOn(backend, sizeBucketOf(inputBytes), needs, profile);
  const timeoutMs = Math.min(timeoutSeconds * 1_000, terms.timeoutMs ?? Infinity);
  const usdAt = (share: number): number => {
    const runMs = runMsAt(times, share, timeoutMs);
    return rough(attemptUsd({ ...terms, startedAtMs: 0, finishedAtMs: runMs }));
  };
  return {
    backend,
    lowUsd: usdAt(0.9),
    medianUsd: usdAt(0.5),
    highUsd: usdAt(0.1),
    basis: times.basis,
  };
}

/** So long or longer takes this share of the runs, but none longer than it may. */
export function runMsAt({ chanceAbove }: RunTimes, share: number, timeoutMs: number): number {
  if (chanceAbove(timeoutMs) >= share) return timeoutMs;
  let [low, high] = [0, timeoutMs];
  while (high - low > 1) {
    const middle = (low + high) / 2;
    if (chanceAbove(middle) >= share) low = middle;
    else high = middle;
  }
  return Math.round(high);
}
