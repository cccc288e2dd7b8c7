import type { Attempt, AttemptOutcome } from "../instance/instance.ts";
import { attemptUsd, type Charge, runUsd } from "../pricing/attempt-usd.ts";
import { type RunPrices, usEast1RunPrices } from "../pricing/run-prices.ts";
import type { TaskNeeds } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { runSizeOn } from "./run-size.ts";

export type BackendsByName = ReadonlyMap<string, BackendCapabilities>;

/** What attempts are compared by. */
export interface PriceFacts {
  readonly needs: TaskNeeds;
  readonly backends: BackendsByName;
  readonly prices?: RunPrices | undefined;
}

/**
 * What an attempt cost where it ran. Where its record does not name its pricing, what its backend says
 * today stands in; undefined where that backend is gone, too.
 */
export function usdWhereItRan(
  attempt: Attempt,
  { needs, backends, prices }: PriceFacts,
): number | undefined {
  const backend = backends.get(attempt.backend);
  if (attempt.pricing === undefined && backend === undefined) return undefined;
  const usual =
    backend === undefined ? undefined : usualCharge(backend, needs, attempt.receipt?.memoryMb);
  return attemptUsd(attempt, usual, prices);
}

/** A run as it is carried over to another backend. */
export interface CarriedRun {
  readonly runMs: number;
  readonly outcome: AttemptOutcome;
  /** What its instance grants an attempt, whatever the backend can give. */
  readonly timeoutMs: number;
  /** At least so much memory, where sizes may differ. */
  readonly memoryMbFloor: number | undefined;
}

/** What a run would have been on another backend. */
export interface RunElsewhere {
  readonly usd: number;
  /** As long as it really was, or until its time there would have been over. */
  readonly runMs: number;
  /** It would have used up its time there. */
  readonly cutOff: boolean;
}

type RunEnd = Pick<CarriedRun, "runMs" | "outcome">;

/**
 * What the same run would have been on another backend: as long as it really was, by the size it would
 * have got there. One that is longer than the time it would have had there counts as timed out, and is
 * priced up to that point; so is one that used up its time and would not have had more.
 */
export function runElsewhere(
  run: CarriedRun,
  backend: BackendCapabilities,
  { needs, prices = usEast1RunPrices }: Pick<PriceFacts, "needs" | "prices">,
): RunElsewhere {
  const givenMs = Math.min(run.timeoutMs, backend.timeoutSecondsMax * 1_000);
  const within = withinTime(run, givenMs);
  const charge = usualCharge(backend, needs, run.memoryMbFloor);
  return { usd: runUsd(charge, within.runMs, prices), ...within };
}

/** How long a run lasts where it has so much time, and whether it then times out. */
export function withinTime(
  { runMs, outcome }: RunEnd,
  givenMs: number,
): Pick<RunElsewhere, "runMs" | "cutOff"> {
  const cutOff = outcome === "timed_out" ? givenMs <= runMs : givenMs < runMs;
  return { runMs: Math.min(runMs, givenMs), cutOff };
}

/** What a backend charges for a task of these needs today. */
function usualCharge(backend: BackendCapabilities, needs: TaskNeeds, memoryMbFloor = 0): Charge {
  return { pricing: backend.pricing, size: runSizeOn(backend, needs, memoryMbFloor) };
}
