import type { Attempt } from "../instance/instance.ts";
import { runMsOf } from "../instance/run-ms.ts";
import { priceRun } from "./price-run.ts";
import type { Pricing, RunSize } from "./pricing.ts";
import { type RunPrices, usEast1RunPrices } from "./run-prices.ts";

type Charged = Pick<
  Attempt,
  "pricing" | "memoryMb" | "cpuCores" | "storageMb" | "startedAtMs" | "finishedAtMs" | "usage"
>;

/** What a run is charged by: how, and for which size. */
export interface Charge {
  readonly pricing: Pricing;
  readonly size: RunSize;
}

/**
 * What an ended attempt cost by list prices: an estimate from the terms on its record, storage beyond
 * what is included among them, and from how long it ran. Rollups, receipts, experiments and what-if all
 * ask here, so their figures agree.
 *
 * `usual` counts only where no pricing is on record, which is so of backends that charge nothing and
 * of attempts from before terms named it; without it these cost nothing, like one that never began.
 * A container whose size only its owner knows is priced as the smallest one.
 */
export function attemptUsd(
  attempt: Charged,
  usual?: Charge,
  prices: RunPrices = usEast1RunPrices,
): number {
  const runMs = runMsOf(attempt);
  const charge = chargeOf(attempt, usual);
  return runMs === undefined || charge === undefined ? 0 : runUsd(charge, runMs, prices);
}

/** What a run of that length costs under a charge. */
export function runUsd({ pricing, size }: Charge, runMs: number, prices: RunPrices): number {
  return roundedUsd(priceRun(pricing, size, runMs, prices).usd);
}

/** By its record; a size on record counts even where its pricing is the usual one. */
function chargeOf(attempt: Charged, usual: Charge | undefined): Charge | undefined {
  const { pricing, memoryMb, cpuCores, storageMb } = attempt;
  if (pricing === undefined && usual === undefined) return undefined;
  const rest: RunSize | undefined = pricing === undefined ? usual?.size : undefined;
  const storage = storageMb ?? rest?.storageMb;
  return {
    pricing: pricing ?? usual?.pricing ?? { model: "free" },
    size: {
      memoryMb: memoryMb ?? rest?.memoryMb ?? 0,
      cpuCores: cpuCores ?? rest?.cpuCores ?? 0,
      ...(storage === undefined ? {} : { storageMb: storage }),
    },
  };
}

const picoPerUsd = 1e12;

/** In whole picodollars, so that sums do not depend on the order of adding. */
export function roundedUsd(usd: number): number {
  return Math.round(usd * picoPerUsd) / picoPerUsd;
}
