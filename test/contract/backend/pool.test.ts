import { completeAttempt } from "../../../functions/pools/complete.ts";
import { definePool } from "../../../functions/pools/define-pool.ts";
import { leaseNow } from "../../../functions/pools/lease.ts";
import { openMembers } from "../../../functions/pools/members.ts";
import { openPoolBackend } from "../../../functions/pools/pool-backend.ts";
import { registerWorker } from "../../../functions/pools/workers.ts";
import { poolBackends } from "../../../functions/runtime/pool-source.ts";
import {
  CompleteRequest,
  LeaseRequest,
  WorkerRegistration,
  type WorkOrder,
} from "../../../shared/contract/http/work.ts";
import { limits } from "../../../shared/core/limits.ts";
import type { ErrorClass } from "../../../shared/instance/error-classes.ts";
import { PoolSpec } from "../../../shared/pool/pool.ts";
import type { AttemptRef } from "../../../shared/ports/backend.ts";
import { describeBackend } from "./backend-contract.ts";
import type { BackendHarness, BackendWorld, Behaviour } from "./backend-harness.ts";

const pool = "edge-tokyo";
const worker = "worker-1";

/** What a worker says of each behaviour. */
const said: Readonly<{
  [Each in Exclude<Behaviour, "endless">]: { output?: { ok: boolean } } | ErrorClass;
}> = {
  result: { output: { ok: true } },
  nothing: {},
  error: "error",
  crash: "crash",
  timeout: "timeout",
  memory: "out_of_memory",
  huge: "invalid_output",
};

/** A pool with one worker that speaks the worker protocol without HTTP. */
async function openPool({ engine, tenant, reported }: BackendWorld): Promise<BackendHarness> {
  const members = openMembers(engine);
  const deps = { engine, members };
  const owner = { tenant, actor: "contract", role: "admin" } as const;
  await definePool(engine, owner, pool, PoolSpec.parse({}));
  const registration = WorkerRegistration.parse({ slots: limits.leaseItemsMax });
  await registerWorker(deps, tenant, { name: pool, worker }, registration);
  const [facts] = await poolBackends(engine.store, tenant, engine.clock.now());
  if (facts === undefined) throw new Error("the pool is no backend");
  const orders: WorkOrder[] = [];

  /** Fetches all that waits; what it was handed is the worker's from then on. */
  async function ordersOf({ attemptId }: AttemptRef): Promise<readonly WorkOrder[]> {
    const request = LeaseRequest.parse({ worker, slots: limits.leaseItemsMax, busy: 0 });
    const { items } = await leaseNow(deps, tenant, pool, request);
    orders.push(...items);
    return orders.filter((order) => order.attemptId === attemptId);
  }

  async function complete(order: WorkOrder, behaviour: Exclude<Behaviour, "endless">) {
    const { instanceId, attemptId, token } = order;
    const end = said[behaviour];
    const from = { tenant, instanceId, attemptId, token };
    const told =
      typeof end === "string"
        ? ({ kind: "failed", error: { class: end, message: `it did ${behaviour}` } } as const)
        : ({ kind: "succeeded", ...end } as const);
    const { kind: outcome, ...rest } = told;
    reported.push({ ...from, ...told });
    const request = CompleteRequest.parse({ instanceId, token, outcome, ...rest });
    await completeAttempt(engine, tenant, attemptId, request);
  }

  return {
    backend: openPoolBackend({ ...engine, doorbells: { ring: async () => undefined } }),
    facts,
    faults: {},
    taskFor: () => ({ run: { command: { argv: ["work"] } } }),
    async finish(attempt, behaviour) {
      if (behaviour === "endless") throw new Error("an endless run has no end");
      for (const order of await ordersOf(attempt)) await complete(order, behaviour);
    },
    async begun(attempt) {
      await ordersOf(attempt);
    },
    // Whoever has it is told to stop by the answer to its next sign of life.
    stopped: async () => undefined,
    runsOf: async (attempt) => (await ordersOf(attempt)).length,
    close: async () => undefined,
  };
}

describeBackend(
  "a pool",
  { startIsIdempotent: true, stops: false, sees: true, faults: [] },
  openPool,
);
