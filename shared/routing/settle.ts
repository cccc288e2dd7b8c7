import type { Attempt } from "../instance/instance.ts";
import { attemptUsd } from "../pricing/attempt-usd.ts";
import { priceRun } from "../pricing/price-run.ts";
import { runMsOf } from "../rollup/what-changed.ts";
import type { TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { rough } from "./predict.ts";
import { runSizeOn } from "./run-size.ts";

/** What a finished attempt was like, and what the same run would have been elsewhere: estimates. */
export interface Settlement {
  readonly actual: { readonly waitMs?: number; readonly runMs?: number; readonly usd: number };
  readonly elsewhere: readonly Elsewhere[];
}

export interface Elsewhere {
  readonly backend: string;
  readonly feasible: boolean;
  readonly usd: number;
  /** The wait that was expected there, and the actual run. */
  readonly ms: number;
  /** The run took longer than this backend could have given it. */
  readonly cutOff?: true;
}

/**
 * Compares a finished attempt with its receipt: undefined while it runs or when the receipt is gone.
 * Backends that no longer exist are left out, since their prices are not known any more. Pure.
 */
export function settle(
  attempt: Attempt,
  spec: Pick<TaskSpec, "needs">,
  backends: readonly BackendCapabilities[],
): Settlement | undefined {
  const { receipt, outcome, startedAtMs, claimedAtMs } = attempt;
  if (receipt === undefined || outcome === undefined) return undefined;
  const runMs = runMsOf(attempt);
  const actual = {
    ...(startedAtMs === undefined ? {} : { waitMs: Math.max(0, startedAtMs - claimedAtMs) }),
    ...(runMs === undefined ? {} : { runMs }),
    usd: attemptUsd(attempt),
  };
  if (runMs === undefined) return { actual, elsewhere: [] };
  const elsewhere = receipt.candidates.flatMap(
    ({ backend, feasible, predicted }): readonly Elsewhere[] => {
      const facts = backends.find(({ name }) => name === backend);
      if (backend === attempt.backend || predicted === undefined || facts === undefined) return [];
      const limitMs = facts.timeoutSecondsMax * 1_000;
      const possibleMs = Math.min(runMs, limitMs);
      const size = runSizeOn(facts, spec.needs, receipt.memoryMb ?? 0);
      return [
        {
          backend,
          feasible,
          usd: rough(priceRun(facts.pricing, size, possibleMs).usd),
          ms: Math.round(predicted.waitMs + possibleMs),
          ...(runMs > limitMs ? { cutOff: true as const } : {}),
        },
      ];
    },
  );
  return { actual, elsewhere };
}
