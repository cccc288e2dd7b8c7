import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { keys, partitions } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import type { Pool, PoolSpec } from "../../shared/pool/pool.ts";
import { backendKinds } from "../../shared/routing/backend-capabilities.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { attemptsHeldBy } from "./held-attempts.ts";
import { contended, loadPool, loadWorkers, poolNotFound, savePool } from "./pool-records.ts";

/** Makes a pool, or replaces what it says; what was handed out keeps its terms. */
export async function definePool(
  { store, clock, log }: Engine,
  { tenant, actor }: TenantContext,
  name: string,
  spec: PoolSpec,
): Promise<{ readonly pool: Pool; readonly created: boolean }> {
  if (backendKinds.some((kind) => kind === name)) {
    throw new RejectionError({
      code: "name_taken",
      detail: `"${name}" is the name of a built-in backend, and a pool is a backend of its own name`,
      pointer: "name",
      suggestion: `take another one, such as "${name}-workers"`,
    });
  }
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadPool(store, tenant, name);
    if (present === undefined) await refuseTooMany(store, tenant);
    const nowMs = clock.now();
    const pool: Pool = {
      ...(present?.body ?? { createdAtMs: nowMs }),
      tenant,
      name,
      spec,
      updatedAtMs: nowMs,
      updatedBy: actor,
    };
    if (await savePool(store, pool, present?.version ?? "absent")) {
      log.info("pool defined", { pool: name, created: present === undefined });
      return { pool, created: present === undefined };
    }
  }
  throw new RejectionError(contended(`the pool ${name}`));
}

async function refuseTooMany(store: Engine["store"], tenant: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.pool(tenant, "").pk,
    order: "ascending",
    limit: limits.poolsMax,
  });
  if (present.length < limits.poolsMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `there are ${limits.poolsMax} pools already, and no more are possible`,
    suggestion: "delete one that is no longer used",
  });
}

/** The pool; throws a RejectionError when there is none. */
export async function getPool(store: Engine["store"], tenant: string, name: string): Promise<Pool> {
  const loaded = await loadPool(store, tenant, name);
  if (loaded === undefined) throw new RejectionError(poolNotFound(name));
  return loaded.body;
}

/** The tenant's pools in the order of their names. */
export async function listPools(
  engine: Engine,
  tenant: string,
  query: PageQuery,
): Promise<{ readonly pools: readonly Pool[]; readonly nextCursor?: string }> {
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.pool(tenant, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listPools", filters: {} },
    },
    query,
  );
  return { pools: records.map(({ body }) => body as unknown as Pool), ...next };
}

/** How many attempts wait in a pool's line, as far as one page of the index says. */
export async function countWaiting(
  store: Engine["store"],
  tenant: string,
  pool: string,
  max: number = limits.storePageMax,
): Promise<number> {
  const partition = partitions.poolLine(tenant, pool);
  const line = await store.query({ index: "queue", partition, order: "ascending", limit: max });
  return line.length;
}

/**
 * Deletes a pool that nothing depends on. While attempts wait or run there it is refused, so that
 * nobody loses work by a slip; the workers' records go with the pool.
 */
export async function deletePool(
  engine: Engine,
  { tenant }: TenantContext,
  name: string,
): Promise<void> {
  const { store, clock, log } = engine;
  const present = await loadPool(store, tenant, name);
  if (present === undefined) throw new RejectionError(poolNotFound(name));
  const workers = await loadWorkers(store, tenant, name, clock.now());
  const [waiting, running] = await Promise.all([
    countWaiting(store, tenant, name),
    Promise.all(workers.map((worker) => attemptsHeldBy(store, worker, worker.held))),
  ]);
  const runningCount = running.reduce((sum, { length }) => sum + length, 0);
  if (waiting > 0 || runningCount > 0) {
    throw new RejectionError({
      code: "pool_in_use",
      detail: `${waiting} attempts wait in the line of "${name}" and ${runningCount} run on its workers`,
      suggestion: "drain its workers and wait until they have finished, or cancel the instances",
    });
  }
  // The pool first: without it nobody leases, whatever becomes of the rest, which expires by itself.
  const result = await store.write([
    { kind: "delete", key: keys.pool(tenant, name), expect: present.version },
  ]);
  if (result.outcome === "lost") throw new RejectionError(contended(`the pool ${name}`));
  await Promise.all(workers.map((worker) => deleteWorkerRecord(store, tenant, name, worker.id)));
  log.info("pool deleted", { pool: name, workers: workers.length });
}

async function deleteWorkerRecord(
  store: Engine["store"],
  tenant: string,
  pool: string,
  id: string,
): Promise<void> {
  const key = keys.worker(tenant, pool, id);
  const record = await store.get(key);
  // One that writes itself again meanwhile is a record without a pool: it expires.
  if (record !== undefined) await store.write([{ kind: "delete", key, expect: record.version }]);
}
