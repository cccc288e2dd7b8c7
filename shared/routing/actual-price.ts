import type { Attempt } from "../instance/instance.ts";
import { priceRun } from "../pricing/price-run.ts";
import type { RunPrices } from "../pricing/run-prices.ts";
import type { TaskNeeds } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { runSizeOn } from "./run-size.ts";

export type BackendsByName = ReadonlyMap<string, BackendCapabilities>;

/** How long the code of an attempt ran; undefined when that is not known. */
export function runMsOf(
  attempt: Pick<Attempt, "usage" | "startedAtMs" | "finishedAtMs">,
): number | undefined {
  const { usage, startedAtMs, finishedAtMs } = attempt;
  if (usage !== undefined) return Math.max(0, usage.durationMs);
  if (startedAtMs === undefined || finishedAtMs === undefined) return undefined;
  return Math.max(0, finishedAtMs - startedAtMs);
}

/**
 * What a run of that length costs where it ran, by the size and the pricing that are on record of
 * it, else by what its backend says today; undefined where neither is known.
 */
export function actualUsd(
  ran: Pick<Attempt, "backend" | "pricing" | "memoryMb" | "cpuCores">,
  runMs: number,
  needs: TaskNeeds,
  backends: BackendsByName,
  prices: RunPrices,
): number | undefined {
  const facts = backends.get(ran.backend);
  const pricing = ran.pricing ?? facts?.pricing;
  if (pricing === undefined) return undefined;
  const usual = facts === undefined ? undefined : runSizeOn(facts, needs, 0);
  const size = {
    memoryMb: ran.memoryMb ?? usual?.memoryMb ?? needs.memoryMb ?? 0,
    cpuCores: ran.cpuCores ?? usual?.cpuCores ?? needs.cpuCores ?? 0,
    ...(needs.storageMb === undefined ? {} : { storageMb: needs.storageMb }),
  };
  return priceRun(pricing, size, runMs, prices).usd;
}
