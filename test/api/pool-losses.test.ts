import { beforeEach, describe, expect, it } from "vitest";
import { openPoolBackend } from "../../functions/pools/pool-backend.ts";
import { keepTime } from "../../functions/timekeeper/keep-time.ts";
import type { WorkOrder } from "../../shared/contract/http/work.ts";
import { limits } from "../../shared/core/limits.ts";
import { beat, complete, definePool, lease, liveOf, putInLine, register } from "./pool-yard.ts";
import { define, openYard, type Yard } from "./yard.ts";

/** A yard with the pool "edge", where what a pool loses is retried on the backend "local". */
function yardWithBells(): { yard: Yard; rung: string[] } {
  const yard = openYard();
  const rung: string[] = [];
  const { store, clock, log } = yard.engine;
  const doorbells = {
    ring: async (tenant: string, pool: string, count: number) => {
      rung.push(`${tenant} ${pool} ${count}`);
    },
  };
  Object.assign(yard.engine, { pools: openPoolBackend({ store, clock, log, doorbells }) });
  return { yard, rung };
}

let yard: Yard;
let rung: string[];
beforeEach(async () => {
  ({ yard, rung } = yardWithBells());
  await define(yard, "hello");
  await definePool(yard, "edge");
});

/** Time passes second by second, with the timekeeper's minute tick and all hints delivered when due. */
async function pass(seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) {
    yard.now += 1_000;
    if (second % 60 === 0) await keepTime(yard.engine);
    const due = yard.hints.filter(({ notBeforeMs = 0 }) => notBeforeMs <= yard.now);
    const later = yard.hints.filter((hint) => !due.includes(hint));
    yard.hints.splice(0, yard.hints.length, ...due);
    await yard.dispatch();
    yard.hints.push(...later);
  }
}

async function leased(): Promise<WorkOrder> {
  await register(yard, "edge", "w1");
  await putInLine(yard, "edge");
  const [order] = await lease(yard, "edge", "w1", { holding: [] });
  if (order === undefined) throw new Error("no order");
  return order;
}

describe("a worker that falls silent", () => {
  it("loses its attempt when the lease is over; the next one runs elsewhere, at our expense", async () => {
    const order = await leased();
    await pass(29);
    expect((await yard.instance(order.instanceId)).state).toBe("running");
    await pass(90);
    const instance = await yard.instance(order.instanceId);
    expect(instance.attempts.map(({ backend, outcome }) => [backend, outcome])).toEqual([
      ["edge", "lost"],
      ["local", undefined],
    ]);
    expect(instance.attempts[0]?.error?.class).toBe("worker_lost");
    expect([instance.taskFailures, instance.infraFailures]).toEqual([0, 1]);
  });

  it("and comes back as a zombie changes nothing, whatever it says", async () => {
    const order = await leased();
    await pass(120);
    const before = await yard.instance(order.instanceId);
    expect(before.attemptCount).toBe(2);
    expect((await beat(yard, order)).body).toEqual({ verdict: "stop", reason: "replaced" });
    const end = { output: "of a zombie" };
    expect((await complete(yard, order, end)).body).toEqual({ result: "stale", state: "running" });
    const failed = { outcome: "failed", error: { class: "error", message: "late" } };
    expect((await complete(yard, order, failed)).body.result).toBe("stale");
    expect(await yard.instance(order.instanceId)).toEqual(before);
  });

  it("for less than the lease keeps its attempt, however long it runs", async () => {
    const order = await leased();
    for (let beats = 0; beats < 12; beats++) {
      await pass(20);
      expect((await beat(yard, order)).body).toEqual({ verdict: "continue" });
    }
    const instance = await yard.instance(order.instanceId);
    expect([instance.state, instance.attemptCount]).toEqual(["running", 1]);
    expect((await complete(yard, order)).body.result).toBe("recorded");
  });
});

describe("an attempt in line", () => {
  it("waits on while its pool has a healthy worker, and rings again", async () => {
    await register(yard, "edge", "w1");
    const id = await putInLine(yard, "edge");
    const waitSeconds = limits.pullHandOverMs / 1_000 + 70;
    for (let passed = 0; passed < waitSeconds; passed += 10) {
      await pass(10);
      await lease(yard, "edge", "w1", { slots: 0, busy: 4 });
    }
    const instance = await yard.instance(id);
    expect([instance.state, instance.attemptCount]).toEqual(["dispatched", 1]);
    expect(new Set(rung)).toEqual(new Set(["acme edge 1"]));
  });

  it("goes elsewhere when its pool has had no worker for too long", async () => {
    await register(yard, "edge", "w1");
    const id = await putInLine(yard, "edge");
    await pass(limits.pullHandOverMs / 1_000 + 70);
    const { attempts } = await yard.instance(id);
    expect(attempts.map(({ backend, outcome }) => [backend, outcome])).toEqual([
      ["edge", "lost"],
      ["local", undefined],
    ]);
    expect(attempts[0]?.error?.class).toBe("hand_over_lost");
  });

  it("goes elsewhere when its pool was deleted under it", async () => {
    await yard.call("DELETE", "/v1/pools/edge");
    const id = await putInLine(yard, "edge");
    await pass(limits.pullHandOverMs / 1_000 + 70);
    expect((await liveOf(yard, id)).backend).toBe("local");
  });

  it("that nobody may begin any more expires", async () => {
    await register(yard, "edge", "w1");
    const startBy = new Date(yard.now + 120_000).toISOString();
    const id = await putInLine(yard, "edge", { startBy });
    for (let passed = 0; passed < 400; passed += 20) {
      await pass(20);
      await lease(yard, "edge", "w1", { slots: 0, busy: 4 });
    }
    expect((await yard.instance(id)).state).toBe("expired");
  });
});

describe("a cancelled attempt", () => {
  it("needs nothing from the dispatcher: its worker asks", async () => {
    const order = await leased();
    await yard.call("POST", `/v1/instances/${order.instanceId}/cancel`);
    await yard.dispatch();
    expect((await beat(yard, order)).body).toEqual({ verdict: "stop", reason: "cancelled" });
    await pass(400);
    expect((await yard.instance(order.instanceId)).state).toBe("cancelled");
  });
});
