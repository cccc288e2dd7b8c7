import { liveAttempt } from "../../shared/instance/instance.ts";
import { isTooLateToStart } from "../../shared/instance/wake.ts";
import { isAbandoned } from "../../shared/pool/health.ts";
import type { AttemptRef, AttemptSighting, Backend } from "../../shared/ports/backend.ts";
import type { Clock } from "../../shared/ports/clock.ts";
import type { Doorbells } from "../../shared/ports/doorbells.ts";
import type { Log } from "../../shared/ports/log.ts";
import type { Store } from "../../shared/ports/store.ts";
import { priceBy } from "../../shared/pricing/price-run.ts";
import { loadInstance } from "../runtime/instances.ts";
import { poolCapabilities } from "../runtime/pool-source.ts";
import { loadPool } from "./pool-records.ts";

export interface PoolBackendDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Log;
  readonly doorbells: Doorbells;
}

/**
 * The backend of all attempts that wait in a pool's line. The claim itself has put them there, so to
 * start one is only to ring; the worker that fetches it confirms it. What is stopped is told to its
 * worker by the answer to its next sign of life.
 */
export function openPoolBackend(deps: PoolBackendDeps): Backend {
  const pricing = { model: "pool", usdPerHour: 0, slots: 1 } as const;
  return {
    capabilities: { ...poolCapabilities, name: "pool", type: "traditional", pricing, labels: {} },
    async start({ tenant, pool }) {
      if (pool !== undefined) await ring(deps, tenant, pool);
      return { outcome: "accepted" };
    },
    stop: () => Promise.resolve(),
    inspect: (attempt) => inspect(deps, attempt),
    price: priceBy(pricing),
  };
}

/** A bell that does not ring costs an idle worker one wait, and the attempt is in line all the same. */
async function ring({ doorbells, log }: PoolBackendDeps, tenant: string, pool: string) {
  try {
    await doorbells.ring(tenant, pool, 1);
  } catch (error) {
    log.warn("doorbell not rung; idle workers find the work by themselves", {
      pool,
      cause: error instanceof Error ? error.message : String(error),
    });
  }
}

/** "gone" is what nobody will fetch: its pool has had no worker for long, or its time has passed. */
async function inspect(
  { store, clock }: PoolBackendDeps,
  { tenant, instanceId, attemptId }: AttemptRef,
): Promise<AttemptSighting> {
  const instance = await loadInstance(store, tenant, instanceId);
  const live = instance === undefined ? undefined : liveAttempt(instance);
  if (instance === undefined || live?.id !== attemptId) return "gone";
  if (instance.state === "running") return "running";
  const nowMs = clock.now();
  if (isTooLateToStart(instance, nowMs)) return "gone";
  const pool = await loadPool(store, tenant, live.backend);
  return pool === undefined || isAbandoned(pool.body, nowMs) ? "gone" : "queued";
}
