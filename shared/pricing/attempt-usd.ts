import type { Attempt } from "../instance/instance.ts";
import { priceRun } from "./price-run.ts";

type Charged = Pick<
  Attempt,
  "pricing" | "memoryMb" | "cpuCores" | "startedAtMs" | "finishedAtMs" | "usage"
>;

/**
 * What an ended attempt cost by list prices: an estimate from its terms and how long it ran. One that
 * never began, or whose backend charges nothing, costs nothing.
 */
export function attemptUsd(attempt: Charged): number {
  const { pricing, memoryMb = 0, cpuCores = 0, startedAtMs, finishedAtMs, usage } = attempt;
  if (pricing === undefined || startedAtMs === undefined || finishedAtMs === undefined) return 0;
  const runMs = usage?.durationMs ?? finishedAtMs - startedAtMs;
  return roundedUsd(priceRun(pricing, { memoryMb, cpuCores }, runMs).usd);
}

const picoPerUsd = 1e12;

/** In whole picodollars, so that sums do not depend on the order of adding. */
export function roundedUsd(usd: number): number {
  return Math.round(usd * picoPerUsd) / picoPerUsd;
}
