import { expect } from "vitest";
import { applyCommand } from "../../functions/runtime/instances.ts";
import type { LeaseAnswer, WorkOrder } from "../../shared/contract/http/work.ts";
import type { TenantContext } from "../../shared/core/tenant.ts";
import { type Attempt, liveAttempt } from "../../shared/instance/instance.ts";
import { admin, type Reply, submit, type Yard } from "./yard.ts";

/** The credential of a worker: it may speak the worker protocol and nothing else. */
export const workman: TenantContext = { tenant: "acme", actor: "w", role: "worker" };

export const leaseSeconds = 30;

export async function definePool(yard: Yard, name: string, spec: object = {}): Promise<Reply> {
  const reply = await yard.call("PUT", `/v1/pools/${name}`, { body: { leaseSeconds, ...spec } });
  expect(reply.status, reply.text).toBeLessThan(300);
  return reply;
}

export async function register(
  yard: Yard,
  pool: string,
  worker: string,
  facts: object = {},
): Promise<Reply> {
  const path = `/v1/pools/${pool}/workers/${worker}`;
  const reply = await yard.call("PUT", path, { body: { slots: 4, ...facts }, as: workman });
  expect(reply.status, reply.text).toBe(200);
  return reply;
}

/** Gives an instance that waits for its hour an attempt in this pool's line, whatever routing says. */
export async function putInLine(
  yard: Yard,
  pool: string,
  submission: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const id = await submit(yard, { task: "hello", delaySeconds: 0.001, ...submission });
  yard.now += 1;
  await claimFor(yard, pool, id);
  yard.hints.splice(0);
  return id;
}

/** The next attempt of a pending instance goes to this pool. */
export async function claimFor(yard: Yard, pool: string, id: string): Promise<void> {
  const { engine } = yard;
  const applied = await applyCommand(engine, admin.tenant, id, () => ({
    name: "claim",
    attemptId: engine.ids.newId("att", yard.now),
    token: engine.ids.newToken(),
    backend: pool,
    terms: { pull: true, leaseSeconds, handOverMs: 300_000 },
  }));
  expect(applied.outcome).toBe("changed");
}

/** Asks for work, without waiting unless told otherwise. */
export function askForWork(
  yard: Yard,
  pool: string,
  worker: string,
  request: object = {},
): Promise<Reply> {
  const body = { worker, slots: 4, ...request };
  return yard.call("POST", `/v1/pools/${pool}/lease`, { body, as: workman });
}

/** The orders that a worker gets now. */
export async function lease(
  yard: Yard,
  pool: string,
  worker: string,
  request: object = {},
): Promise<readonly WorkOrder[]> {
  const reply = await askForWork(yard, pool, worker, request);
  expect(reply.status, reply.text).toBe(200);
  return (reply.body as LeaseAnswer).items;
}

export function beat(yard: Yard, order: WorkOrder, more: object = {}): Promise<Reply> {
  const { instanceId, attemptId, token } = order;
  const body = { instanceId, token, ...more };
  return yard.call("POST", `/v1/attempts/${attemptId}/heartbeat`, { body, as: workman });
}

export function complete(yard: Yard, order: WorkOrder, more: object = {}): Promise<Reply> {
  const { instanceId, attemptId, token } = order;
  const body = { instanceId, token, outcome: "succeeded", ...more };
  return yard.call("POST", `/v1/attempts/${attemptId}/complete`, { body, as: workman });
}

export async function liveOf(yard: Yard, id: string): Promise<Attempt> {
  const live = liveAttempt(await yard.instance(id));
  if (live === undefined) throw new Error(`${id} has no live attempt`);
  return live;
}

export const idsOf = (orders: readonly WorkOrder[]): readonly string[] =>
  orders.map(({ instanceId }) => instanceId);
