import type { PageQuery } from "../../shared/contract/http/requests.ts";
import type { WorkerRegistration } from "../../shared/contract/http/work.ts";
import { keys } from "../../shared/contract/keys.ts";
import { RejectionError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { healthOf } from "../../shared/pool/health.ts";
import type { Pool, Worker } from "../../shared/pool/pool.ts";
import { recordPage } from "../lists/record-page.ts";
import type { Engine } from "../runtime/engine.ts";
import { getPool } from "./define-pool.ts";
import { attemptsHeldBy, reportLost } from "./held-attempts.ts";
import type { Members } from "./members.ts";
import {
  contended,
  loadWorker,
  saveWorker,
  type Versioned,
  workerNotFound,
} from "./pool-records.ts";

export interface WorkerDeps {
  readonly engine: Engine;
  readonly members: Members;
}

/** Which worker of which pool. */
export interface WorkerName {
  readonly name: string;
  readonly worker: string;
}

/**
 * Takes note of a worker. A new session under a known id is a new process: whatever the old one had
 * is lost with it, and is tried again at once instead of when its lease ends.
 */
export async function registerWorker(
  deps: WorkerDeps,
  tenant: string,
  { name, worker: id }: WorkerName,
  registration: WorkerRegistration,
): Promise<{ readonly worker: Worker; readonly pool: Pool }> {
  const { engine, members } = deps;
  const pool = await getPool(engine.store, tenant, name);
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await loadWorker(engine.store, tenant, name, id);
    if (present === undefined) await refuseTooMany(engine, tenant, name);
    const nowMs = engine.clock.now();
    const same = present !== undefined && isSameProcess(present.body, registration, nowMs);
    const { session } = registration;
    const worker: Worker = {
      ...(same
        ? present.body
        : { busy: 0, draining: false, held: [], registeredAtMs: nowMs, tenant, pool: name, id }),
      slots: registration.slots,
      labels: registration.labels,
      version: registration.version,
      seenAtMs: nowMs,
      ...(session === undefined ? {} : { session }),
    };
    if (!(await saveWorker(engine.store, worker, present?.version ?? "absent"))) continue;
    members.note(worker);
    await members.tellPresence(tenant, name);
    if (present !== undefined && !same) {
      const lost = await attemptsHeldBy(engine.store, present.body, present.body.held);
      await reportLost(engine, lost, `the worker ${id} was started anew while it had the attempt`);
    }
    if (!same) engine.log.info("worker registered", { pool: name, worker: id });
    return { worker, pool };
  }
  throw new RejectionError(contended(`the worker ${id}`));
}

/** Without sessions, who comes back after a long silence is taken for a new process. */
function isSameProcess(present: Worker, { session }: WorkerRegistration, nowMs: number): boolean {
  if (session !== present.session) return false;
  return session !== undefined || healthOf(present, nowMs) !== "silent";
}

async function refuseTooMany({ store }: Engine, tenant: string, pool: string): Promise<void> {
  const present = await store.query({
    index: "primary",
    partition: keys.worker(tenant, pool, "").pk,
    order: "ascending",
    limit: limits.workersPerPoolMax,
  });
  if (present.length < limits.workersPerPoolMax) return;
  throw new RejectionError({
    code: "limit_reached",
    detail: `the pool "${pool}" has ${limits.workersPerPoolMax} workers already`,
    suggestion: "give workers more slots, make a second pool, or remove workers that are gone",
  });
}

/** From now on it gets nothing more; its next lease tells it. */
export async function drainWorker(
  { engine, members }: WorkerDeps,
  tenant: string,
  where: WorkerName,
): Promise<Worker> {
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await workerOf(engine, tenant, where);
    const worker: Worker = { ...present.body, draining: true };
    if (present.body.draining) return worker;
    if (!(await saveWorker(engine.store, worker, present.version))) continue;
    members.note(worker);
    await members.tellPresence(tenant, where.name);
    engine.log.info("worker drains", { pool: where.name, worker: where.worker });
    return worker;
  }
  throw new RejectionError(contended(`the worker ${where.worker}`));
}

/** Forgets a worker; what it still had is tried again at once. */
export async function removeWorker(
  { engine, members }: WorkerDeps,
  tenant: string,
  where: WorkerName,
): Promise<void> {
  const { name, worker: id } = where;
  for (let tries = 0; tries < limits.casRetriesMax; tries++) {
    const present = await workerOf(engine, tenant, where);
    const result = await engine.store.write([
      { kind: "delete", key: keys.worker(tenant, name, id), expect: present.version },
    ]);
    if (result.outcome === "lost") continue;
    members.noteGone(tenant, name, id);
    await members.tellPresence(tenant, name);
    const lost = await attemptsHeldBy(engine.store, present.body, present.body.held);
    await reportLost(engine, lost, `the worker ${id} left while it had the attempt`);
    engine.log.info("worker removed", { pool: name, worker: id, lost: lost.length });
    return;
  }
  throw new RejectionError(contended(`the worker ${id}`));
}

async function workerOf(
  { store }: Engine,
  tenant: string,
  { name, worker }: WorkerName,
): Promise<Versioned<Worker>> {
  const present = await loadWorker(store, tenant, name, worker);
  if (present === undefined) throw new RejectionError(workerNotFound(name, worker));
  return present;
}

/** A pool's workers in the order of their ids; those silent for long are no longer shown. */
export async function listWorkers(
  engine: Engine,
  tenant: string,
  pool: string,
  query: PageQuery,
): Promise<{ readonly workers: readonly Worker[]; readonly nextCursor?: string }> {
  await getPool(engine.store, tenant, pool);
  const { records, next } = await recordPage(
    engine,
    {
      partition: keys.worker(tenant, pool, "").pk,
      order: "ascending",
      binding: { tenant, operation: "listWorkers", filters: { pool } },
    },
    query,
  );
  const nowMs = engine.clock.now();
  const workers = records
    .map(({ body }) => body as unknown as Worker)
    .filter(({ seenAtMs }) => nowMs - seenAtMs <= limits.workerKeepMs);
  return { workers, ...next };
}

/** Says that a worker lives, at most once in `limits.workerSeenEveryMs`. */
export async function noteSeen(
  { engine, members }: WorkerDeps,
  tenant: string,
  pool: string,
  id: string,
): Promise<void> {
  const known = members.recalled(tenant, pool, id);
  const nowMs = engine.clock.now();
  if (known !== undefined && nowMs - known.seenAtMs < limits.workerSeenEveryMs) return;
  const present = await loadWorker(engine.store, tenant, pool, id);
  if (present === undefined) return;
  if (nowMs - present.body.seenAtMs < limits.workerSeenEveryMs) {
    members.note(present.body);
    return;
  }
  const worker: Worker = { ...present.body, seenAtMs: nowMs };
  // Another writer has just noted the same.
  if (!(await saveWorker(engine.store, worker, present.version))) return;
  members.note(worker);
  await members.tellPresence(tenant, pool);
}
