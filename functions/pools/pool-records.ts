import { keys } from "../../shared/contract/keys.ts";
import type { Rejection } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Pool, Worker } from "../../shared/pool/pool.ts";
import type { Expectation, Store } from "../../shared/ports/store.ts";

/** A record's body with the version that a change of it must expect. */
export interface Versioned<Body> {
  readonly body: Body;
  readonly version: number;
}

export async function loadPool(
  store: Store,
  tenant: string,
  name: string,
): Promise<Versioned<Pool> | undefined> {
  const record = await store.get(keys.pool(tenant, name));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as Pool, version: record.version };
}

/** True when it was written; false when another writer was faster. */
export async function savePool(store: Store, pool: Pool, expect: Expectation): Promise<boolean> {
  const key = keys.pool(pool.tenant, pool.name);
  const result = await store.write([
    { kind: "put", expect, record: { key, type: "pool", body: pool } },
  ]);
  return result.outcome === "wrote";
}

export async function loadWorker(
  store: Store,
  tenant: string,
  pool: string,
  id: string,
): Promise<Versioned<Worker> | undefined> {
  const record = await store.get(keys.worker(tenant, pool, id));
  if (record === undefined) return undefined;
  return { body: record.body as unknown as Worker, version: record.version };
}

/** True when it was written. Records of workers that fall silent for long go by themselves. */
export async function saveWorker(
  store: Store,
  worker: Worker,
  expect: Expectation,
): Promise<boolean> {
  const result = await store.write([
    {
      kind: "put",
      expect,
      record: {
        key: keys.worker(worker.tenant, worker.pool, worker.id),
        type: "worker",
        body: worker,
        expiresAtMs: worker.seenAtMs + limits.workerKeepMs,
      },
    },
  ]);
  return result.outcome === "wrote";
}

/** All workers of a pool that are remembered, in the order of their ids. */
export async function loadWorkers(
  store: Store,
  tenant: string,
  pool: string,
  nowMs: number,
): Promise<readonly Worker[]> {
  const found = await store.query({
    index: "primary",
    partition: keys.worker(tenant, pool, "").pk,
    order: "ascending",
    limit: limits.workersPerPoolMax,
  });
  if (found.length === 0) return [];
  const records = await store.getMany(found.map(({ key }) => key));
  return records
    .flatMap((record) => (record === undefined ? [] : [record.body as unknown as Worker]))
    .filter(({ seenAtMs }) => nowMs - seenAtMs <= limits.workerKeepMs);
}

export function poolNotFound(name: string): Rejection {
  return {
    code: "pool_not_found",
    detail: `there is no pool "${name}"`,
    pointer: "name",
    suggestion: "list the pools with GET /v1/pools, or define this one with PUT /v1/pools/{name}",
  };
}

export function workerNotFound(pool: string, id: string): Rejection {
  return {
    code: "worker_not_found",
    detail: `the pool "${pool}" has no worker "${id}"`,
    pointer: "worker",
    suggestion: `register it with PUT /v1/pools/${pool}/workers/{worker}`,
  };
}

export function contended(what: string): Rejection {
  return {
    code: "conflict",
    detail: `others keep changing ${what}; nothing was changed`,
    suggestion: "try again",
  };
}
