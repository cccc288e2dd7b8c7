import { partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { waitingForOf } from "../../shared/limit/gate-names.ts";
import type { Candidate, Store } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";

const kinds = ["budget", "approval"] as const;
/**
 * Has those looked at that wait for money of a budget which may have more now, the first in line
 * first. Whoever gets no hint wakes by itself.
 */
export async function hintWaitingForMoney(
  engine: Engine,
  tenant: string,
  budget: string,
): Promise<void> {
  const waiting = await waitingForMoney(engine.store, tenant, budget, limits.budgetHintedMax);
  if (waiting.length === 0) return;
  await engine.hints.send(
    waiting.map(({ sort }) => ({ tenant, instanceId: sort.slice(sort.lastIndexOf("#") + 1) })),
  );
}

/** Instances that wait at a budget, for money or for approval. */
export async function waitingForMoney(
  store: Store,
  tenant: string,
  budget: string,
  max: number,
): Promise<readonly Candidate[]> {
  const lines = await Promise.all(
    kinds.map((kind) =>
      store.query({
        index: "queue",
        partition: partitions.waiting(tenant, waitingForOf(kind, budget)),
        order: "ascending",
        limit: max,
      }),
    ),
  );
  return lines.flat().slice(0, max);
}
