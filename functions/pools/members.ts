import { limits } from "../../shared/core/limits.ts";
import { presenceOf } from "../../shared/pool/health.ts";
import type { Pool, PoolPresence, Worker } from "../../shared/pool/pool.ts";
import type { Engine } from "../runtime/engine.ts";
import { loadPool, loadWorkers, savePool } from "./pool-records.ts";

/** A pool and its workers as they were a moment ago: enough for fairness, never for correctness. */
export interface PoolMembers {
  readonly pool: Pool;
  readonly workers: readonly Worker[];
}

/** Remembers pools with their workers for a moment, so that a lease reads few records. */
export interface Members {
  of(tenant: string, pool: string): Promise<PoolMembers | undefined>;
  /** What is remembered of a worker at this moment, without reading anything. */
  recalled(tenant: string, pool: string, worker: string): Worker | undefined;
  /** What this process has just written of a worker. */
  note(worker: Worker): void;
  noteGone(tenant: string, pool: string, worker: string): void;
  forget(tenant: string, pool: string): void;
  /** Keeps the summary in the pool's record fresh: at most one write in a while, unless it changed. */
  tellPresence(tenant: string, pool: string): Promise<void>;
}

interface Remembered {
  readonly atMs: number;
  pool: Pool;
  readonly workers: Map<string, Worker>;
}

const poolsRememberedMax = 1_000;
/** Reading many workers costs more, and one of many matters less: they are remembered for longer. */
const memoryMsPerWorker = 10;

export function openMembers({ store, clock }: Pick<Engine, "store" | "clock">): Members {
  const known = new Map<string, Remembered>();
  const nameOf = (tenant: string, pool: string): string => `${tenant}#${pool}`;

  const recall = async (tenant: string, name: string): Promise<Remembered | undefined> => {
    const nowMs = clock.now();
    const remembered = known.get(nameOf(tenant, name));
    if (remembered !== undefined && isFresh(remembered, nowMs)) return remembered;
    const loaded = await loadPool(store, tenant, name);
    known.delete(nameOf(tenant, name));
    if (loaded === undefined) return undefined;
    const workers = await loadWorkers(store, tenant, name, nowMs);
    const fresh: Remembered = {
      atMs: nowMs,
      pool: loaded.body,
      workers: new Map(workers.map((worker) => [worker.id, worker])),
    };
    known.set(nameOf(tenant, name), fresh);
    if (known.size > poolsRememberedMax) forgetOldest(known);
    return fresh;
  };

  return {
    async of(tenant, name) {
      const remembered = await recall(tenant, name);
      if (remembered === undefined) return undefined;
      return { pool: remembered.pool, workers: [...remembered.workers.values()] };
    },
    recalled: (tenant, pool, worker) => known.get(nameOf(tenant, pool))?.workers.get(worker),
    note(worker) {
      known.get(nameOf(worker.tenant, worker.pool))?.workers.set(worker.id, worker);
    },
    noteGone(tenant, pool, worker) {
      known.get(nameOf(tenant, pool))?.workers.delete(worker);
    },
    forget(tenant, pool) {
      known.delete(nameOf(tenant, pool));
    },
    async tellPresence(tenant, name) {
      const remembered = await recall(tenant, name);
      if (remembered === undefined) return;
      const presence = presenceOf([...remembered.workers.values()], clock.now());
      if (!isNews(remembered.pool.presence, presence)) return;
      const loaded = await loadPool(store, tenant, name);
      if (loaded === undefined) return;
      const pool: Pool = { ...loaded.body, presence };
      // Whoever was faster has just said the same, or the next sign of life says it.
      if (await savePool(store, pool, loaded.version)) remembered.pool = pool;
    },
  };
}

function isFresh({ atMs, workers }: Remembered, nowMs: number): boolean {
  const forMs = Math.max(limits.routingFactsMs, workers.size * memoryMsPerWorker);
  return Math.abs(nowMs - atMs) < forMs;
}

/** A summary without healthy workers says so once: its age then tells for how long. */
function isNews(before: PoolPresence | undefined, now: PoolPresence): boolean {
  if (before === undefined) return now.healthy > 0;
  if (before.healthy !== now.healthy || before.slots !== now.slots) return true;
  return now.healthy > 0 && now.atMs - before.atMs >= limits.workerSeenEveryMs;
}

function forgetOldest(known: Map<string, unknown>): void {
  for (const oldest of known.keys()) {
    known.delete(oldest);
    return;
  }
}
