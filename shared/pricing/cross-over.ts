import { priceRun } from "./price-run.ts";
import type { Pricing, RunSize } from "./pricing.ts";
import { type RunPrices, usEast1RunPrices } from "./run-prices.ts";

/** A way to run something. */
export interface RunPlan {
  readonly pricing: Pricing;
  readonly size: RunSize;
}

/** How many times what `other` costs a run of that length costs on `plan`. */
export function priceRatio(
  plan: RunPlan,
  other: RunPlan,
  durationMs: number,
  prices: RunPrices = usEast1RunPrices,
): number {
  const usd = (of: RunPlan): number => priceRun(of.pricing, of.size, durationMs, prices).usd;
  return usd(plan) / usd(other);
}

/**
 * The length of run from which `plan`, cheaper for short runs, costs more than `other`; undefined
 * when it does so from the start or never up to `untilMs`. Exact to a millisecond where the ratio
 * crosses one only once.
 */
export function crossOverMs(
  plan: RunPlan,
  other: RunPlan,
  untilMs: number,
  prices: RunPrices = usEast1RunPrices,
): number | undefined {
  const dearer = (durationMs: number): boolean => priceRatio(plan, other, durationMs, prices) > 1;
  if (dearer(0) || !dearer(untilMs)) return undefined;
  let below = 0;
  let above = untilMs;
  while (above - below > 1) {
    const middle = Math.floor((below + above) / 2);
    if (dearer(middle)) above = middle;
    else below = middle;
  }
  return above;
}
