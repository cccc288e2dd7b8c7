import { limits } from "../core/limits.ts";
import type { Rate } from "./limit.ts";

/**
 * What a rate needs to know of its past: when the next start would be due if the starts so far had
 * come evenly (the generic cell rate algorithm).
 */
export interface RateState {
  readonly evenlyAtMs: number;
  /** The latest start; absent before the first one. */
  readonly startedAtMs?: number;
}

/** The record of a gate's rate. */
export interface RateRecord extends RateState {
  readonly gate: string;
  readonly rate: Rate;
  /** While somebody waits: when the line is looked at. */
  readonly wakeAtMs?: number;
}

export function intervalMsOf({ starts, perSeconds }: Rate): number {
  return (perSeconds * 1_000) / starts;
}

/** How many attempts may start now. */
export function startsLeft(rate: Rate, state: RateState | undefined, nowMs: number): number {
  const aheadMs = evenlyAt(rate, state, nowMs) - nowMs;
  const interval = intervalMsOf(rate);
  // A hair of tolerance, because intervals such as a third of a second cannot be written exactly.
  return Math.max(0, Math.floor(burstOf(rate) - aheadMs / interval + 1e-6));
}

/** The state after one more start; only for rates that have one left. */
export function afterStart(rate: Rate, state: RateState | undefined, nowMs: number): RateState {
  return { evenlyAtMs: evenlyAt(rate, state, nowMs) + intervalMsOf(rate), startedAtMs: nowMs };
}

/** When a start will be left for whoever has so many waiting before it; never in the past. */
export function startAtMs(
  rate: Rate,
  state: RateState | undefined,
  nowMs: number,
  before: number,
): number {
  const interval = intervalMsOf(rate);
  const firstAtMs = evenlyAt(rate, state, nowMs) - (burstOf(rate) - 1) * interval;
  return Math.max(nowMs, Math.ceil(firstAtMs + before * interval));
}

/**
 * Never before now, and never later than a burst that was spent with the latest start allows: a state
 * that says so comes from another rate. One from a clock that was far ahead counts for nothing, so
 * that it blocks nobody; what clocks commonly differ by is waited for, so that none adds a burst.
 */
function evenlyAt(rate: Rate, state: RateState | undefined, nowMs: number): number {
  if (state === undefined) return nowMs;
  const { evenlyAtMs, startedAtMs = nowMs } = state;
  if (startedAtMs > nowMs + limits.clockErrorMsMax) return nowMs;
  const latestMs = startedAtMs + burstOf(rate) * intervalMsOf(rate);
  return Math.max(nowMs, Math.min(latestMs, evenlyAtMs));
}

/** Quick rates are kept on average over so long: looks come together, and the clock has whole milliseconds. */
const smoothMs = 100;

/** How many may come at once: what the rate says, or what a tenth of a second brings. */
export function burstOf(rate: Rate): number {
  return Math.max(rate.burst ?? 1, Math.floor(smoothMs / intervalMsOf(rate)));
}
