import { poolToView, workerToView } from "../../shared/contract/http/pool-views.ts";
import type { Doorbell } from "../../shared/contract/http/work.ts";
import { limits } from "../../shared/core/limits.ts";
import { beginAttempt } from "../pools/begin.ts";
import { completeAttempt } from "../pools/complete.ts";
import { countWaiting, definePool, deletePool, getPool, listPools } from "../pools/define-pool.ts";
import { beatAttempt } from "../pools/heartbeat.ts";
import { leaseWork } from "../pools/lease-work.ts";
import { openMembers } from "../pools/members.ts";
import {
  drainWorker,
  listWorkers,
  registerWorker,
  removeWorker,
  type WorkerName,
} from "../pools/workers.ts";
import { systemTimer } from "../runtime/host-ports.ts";
import type { Handlers } from "./calls.ts";
import type { ApiDeps } from "./deps.ts";
import { answer } from "./wire/answers.ts";

type PoolHandlers = Pick<
  Handlers,
  | "definePool"
  | "listPools"
  | "getPool"
  | "deletePool"
  | "listWorkers"
  | "registerWorker"
  | "drainWorker"
  | "removeWorker"
  | "leaseWork"
  | "beginAttempt"
  | "beatAttempt"
  | "completeAttempt"
>;

export function poolHandlers({ engine, timer = systemTimer, pools = {} }: ApiDeps): PoolHandlers {
  const { waitSecondsMax = limits.waitSecondsMax, lines, doorbellFor } = pools;
  const members = openMembers(engine);
  const workerDeps = { engine, members };
  const leaseDeps = { ...workerDeps, timer, lines, waitSecondsMax };
  const longPoll: Doorbell = { kind: "long-poll", waitSeconds: waitSecondsMax };
  const doorbellOf = async (tenant: string, { name, worker }: WorkerName): Promise<Doorbell> => {
    try {
      return (await doorbellFor?.(tenant, name, worker)) ?? longPoll;
    } catch (error) {
      // A worker that must ask by itself is better than none.
      engine.log.error("worker gets no doorbell", { pool: name, worker, cause: String(error) });
      return longPoll;
    }
  };
  return {
    async definePool({ context, params, body }) {
      const { pool, created } = await definePool(engine, context, params.name, body);
      members.forget(context.tenant, params.name);
      const view = poolToView(pool, engine.clock.now());
      return answer(created ? 201 : 200, view, created ? { location: view.links.self } : {});
    },
    async listPools({ context, query }) {
      const { pools: found, ...page } = await listPools(engine, context.tenant, query);
      const nowMs = engine.clock.now();
      return answer(200, { items: found.map((pool) => poolToView(pool, nowMs)), ...page });
    },
    async getPool({ context, params }) {
      const pool = await getPool(engine.store, context.tenant, params.name);
      const waiting = await countWaiting(engine.store, context.tenant, params.name);
      return answer(200, poolToView(pool, engine.clock.now(), waiting));
    },
    async deletePool({ context, params }) {
      await deletePool(engine, context, params.name);
      members.forget(context.tenant, params.name);
      return answer(200, { deleted: true });
    },
    async listWorkers({ context, params, query }) {
      const found = await listWorkers(engine, context.tenant, params.name, query);
      const { workers, ...page } = found;
      const nowMs = engine.clock.now();
      return answer(200, { items: workers.map((worker) => workerToView(worker, nowMs)), ...page });
    },
    async registerWorker({ context, params, body }) {
      const { pool } = await registerWorker(workerDeps, context.tenant, params, body);
      return answer(200, {
        pool: params.name,
        worker: params.worker,
        leaseSeconds: pool.spec.leaseSeconds,
        seenSeconds: limits.workerSeenEveryMs / 1_000,
        doorbell: await doorbellOf(context.tenant, params),
      });
    },
    async drainWorker({ context, params }) {
      const worker = await drainWorker(workerDeps, context.tenant, params);
      return answer(200, workerToView(worker, engine.clock.now()));
    },
    async removeWorker({ context, params }) {
      await removeWorker(workerDeps, context.tenant, params);
      return answer(200, { deleted: true });
    },
    async leaseWork({ context, params, body, request }) {
      const { signal } = request;
      return answer(200, await leaseWork(leaseDeps, context.tenant, params.name, body, signal));
    },
    async beginAttempt({ context, params, body }) {
      return answer(200, await beginAttempt({ engine }, context.tenant, params.id, body));
    },
    async beatAttempt({ context, params, body }) {
      return answer(200, await beatAttempt(workerDeps, context.tenant, params.id, body));
    },
    async completeAttempt({ context, params, body }) {
      return answer(200, await completeAttempt(engine, context.tenant, params.id, body));
    },
  };
}
