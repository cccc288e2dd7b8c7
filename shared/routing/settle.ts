import type { Attempt, Instance } from "../instance/instance.ts";
import { runMsOf } from "../instance/run-ms.ts";
import type { TaskSpec } from "../task/task.ts";
import type { BackendCapabilities } from "./backend-capabilities.ts";
import { runElsewhere, usdWhereItRan } from "./run-price.ts";

/** What a finished attempt was like, and what the same run would have been elsewhere: estimates. */
export interface Settlement {
  readonly actual: { readonly waitMs?: number; readonly runMs?: number; readonly usd: number };
  readonly elsewhere: readonly Elsewhere[];
}

export interface Elsewhere {
  readonly backend: string;
  readonly feasible: boolean;
  /** Up to the limit there, where the run was longer. */
  readonly usd: number;
  /** The wait that was expected there, and the actual run, up to the limit there. */
  readonly ms: number;
  /** The run would have used up its time there. */
  readonly cutOff?: true;
}

/**
 * Compares a finished attempt with its receipt: undefined while it runs or when the receipt is gone.
 * Backends that no longer exist are left out, since their prices are not known any more. Pure.
 */
export function settle(
  attempt: Attempt,
  { timeoutSeconds }: Pick<Instance, "timeoutSeconds">,
  { needs }: Pick<TaskSpec, "needs">,
  facts: readonly BackendCapabilities[],
): Settlement | undefined {
  const { receipt, outcome, startedAtMs, claimedAtMs } = attempt;
  if (receipt === undefined || outcome === undefined) return undefined;
  const backends = new Map(facts.map((backend) => [backend.name, backend]));
  const runMs = runMsOf(attempt);
  const actual = {
    ...(startedAtMs === undefined ? {} : { waitMs: Math.max(0, startedAtMs - claimedAtMs) }),
    ...(runMs === undefined ? {} : { runMs }),
    usd: usdWhereItRan(attempt, { needs, backends }) ?? 0,
  };
  if (runMs === undefined) return { actual, elsewhere: [] };
  const timeoutMs = timeoutSeconds * 1_000;
  const run = { runMs, outcome, timeoutMs, memoryMbFloor: receipt.memoryMb };
  const elsewhere = receipt.candidates.flatMap(
    ({ backend, feasible, predicted }): readonly Elsewhere[] => {
      const there = backends.get(backend);
      if (backend === attempt.backend || predicted === undefined || there === undefined) return [];
      const { usd, runMs: ranMs, cutOff } = runElsewhere(run, there, { needs });
      const ms = Math.round(predicted.waitMs + ranMs);
      return [{ backend, feasible, usd, ms, ...(cutOff ? { cutOff } : {}) }];
    },
  );
  return { actual, elsewhere };
}
