import { describe, expect, it } from "vitest";
import type { WorkOrder } from "../../shared/contract/http/work.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";
import {
  askForWork,
  beat,
  complete,
  definePool,
  idsOf,
  lease,
  liveOf,
  putInLine,
  register,
} from "./pool-yard.ts";
import { define, expectProblem, openYard, type Yard, type YardOptions } from "./yard.ts";

async function yardWithPool(spec: object = {}, options: YardOptions = {}): Promise<Yard> {
  const yard = openYard(options);
  await define(yard, "hello");
  await definePool(yard, "edge", spec);
  return yard;
}

async function fill(yard: Yard, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let each = 0; each < count; each++) ids.push(await putInLine(yard, "edge"));
  return ids;
}

const held = (orders: readonly WorkOrder[]) => orders.map(({ attemptId }) => attemptId);

describe("a lease", () => {
  it("hands out an order with everything that it takes to run the attempt", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const id = await putInLine(yard, "edge", { input: { n: 1 }, config: { deep: true } });
    const [order] = await lease(yard, "edge", "w1");
    const attempt = await liveOf(yard, id);
    expect(attempt).toMatchObject({ externalId: "w1", startedAtMs: yard.now });
    expect((await yard.instance(id)).state).toBe("running");
    expect(order).toMatchObject({
      instanceId: id,
      attemptId: attempt.id,
      attempt: 1,
      token: attempt.token,
      task: "hello",
      taskVersion: 1,
      run: { function: { module: "hello.mjs", export: "handler" } },
      timeoutMs: 300_000,
      deadlineAt: new Date(yard.now + 300_000).toISOString(),
      leaseSeconds: 30,
      envelope: {
        version: 1,
        task_id: id,
        inputs: { n: 1 },
        config: { deep: true },
        attempt: { id: attempt.id, number: 1 },
      },
    });
    expect(JSON.stringify(order?.envelope)).not.toContain(attempt.token);
  });

  it("goes by priority, then by age", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const old = await putInLine(yard, "edge");
    const young = await putInLine(yard, "edge");
    const low = await putInLine(yard, "edge", { priority: 1 });
    const urgent = await putInLine(yard, "edge", { priority: 9 });
    expect(idsOf(await lease(yard, "edge", "w1", { slots: 4 }))).toEqual([urgent, old, young, low]);
  });

  it("takes no more than the worker has slots for", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const ids = await fill(yard, 5);
    expect(idsOf(await lease(yard, "edge", "w1", { slots: 2 }))).toEqual(ids.slice(0, 2));
    expect(await lease(yard, "edge", "w1", { slots: 0, busy: 2 })).toEqual([]);
    expect(idsOf(await lease(yard, "edge", "w1", { slots: 9 }))).toEqual(ids.slice(2));
  });

  it("passes over what was cancelled, and what must not be begun any more", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const cancelled = await putInLine(yard, "edge");
    const startBy = new Date(yard.now + 5_000).toISOString();
    const late = await putInLine(yard, "edge", { startBy });
    const good = await putInLine(yard, "edge");
    await yard.call("POST", `/v1/instances/${cancelled}/cancel`);
    yard.now += 6_000;
    await lease(yard, "edge", "w1", { slots: 0 });
    expect(idsOf(await lease(yard, "edge", "w1"))).toEqual([good]);
    expect((await liveOf(yard, good)).externalId).toBe("w1");
    yard.now += 10_000;
    await yard.dispatch();
    expect((await yard.instance(late)).state).toBe("expired");
  });

  it("keeps within what an answer may hold, and leaves the rest in line", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1", { slots: 100 });
    const input = "x".repeat(limits.inputBytesMax - 10);
    const fitting = Math.floor(limits.answerPayloadBytesMax / (limits.inputBytesMax - 8));
    for (let each = 0; each < fitting + 5; each++) await putInLine(yard, "edge", { input });
    expect(await lease(yard, "edge", "w1", { slots: 100 })).toHaveLength(fitting);
    expect(await lease(yard, "edge", "w1", { slots: 100, busy: fitting })).toHaveLength(5);
  });
});

describe("the share of a worker", () => {
  it("is all that a greedy one gets while others are free", async () => {
    const yard = await yardWithPool();
    for (const worker of ["w1", "w2", "w3"]) await register(yard, "edge", worker, { slots: 8 });
    await fill(yard, 9);
    expect(await lease(yard, "edge", "w1", { slots: 8 })).toHaveLength(3);
    expect(await lease(yard, "edge", "w2", { slots: 8 })).toHaveLength(3);
    expect(await lease(yard, "edge", "w3", { slots: 8 })).toHaveLength(2);
    expect(await lease(yard, "edge", "w3", { slots: 6, busy: 2 })).toHaveLength(1);
  });

  it("is all that it can take once the others are silent, drain or are full", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "silent", { slots: 8 });
    yard.now += limits.workerSilenceMsMax + 1;
    await register(yard, "edge", "draining", { slots: 8 });
    await yard.call("POST", "/v1/pools/edge/workers/draining/drain");
    await register(yard, "edge", "full", { slots: 2 });
    await fill(yard, 2);
    expect(await lease(yard, "edge", "full", { slots: 2 })).toHaveLength(2);
    await register(yard, "edge", "w1", { slots: 8 });
    await fill(yard, 8);
    expect(await lease(yard, "edge", "w1", { slots: 8 })).toHaveLength(8);
  });
});

describe("leases at once", () => {
  it("never give one attempt to two workers, whatever comes in between", async () => {
    const yard = await yardWithPool({}, { wrapStore: writesOfInstancesTogether(2) });
    await register(yard, "edge", "w1");
    await register(yard, "edge", "w2");
    const ids = await fill(yard, 1);
    const both = await Promise.all(["w1", "w2"].map((worker) => lease(yard, "edge", worker)));
    expect(both.flatMap(idsOf)).toEqual(ids);
    const winner = both.findIndex((orders) => orders.length > 0);
    expect((await liveOf(yard, ids[0] ?? "")).externalId).toBe(["w1", "w2"][winner]);
  });

  it("hand out everything exactly once to twenty workers", async () => {
    const yard = await yardWithPool();
    const workers = Array.from({ length: 20 }, (_, place) => `w${place}`);
    for (const worker of workers) await register(yard, "edge", worker, { slots: 3 });
    const ids = await fill(yard, 50);
    const got: string[] = [];
    for (let round = 0; round < 5; round++) {
      const answers = await Promise.all(
        workers.map((worker) => lease(yard, "edge", worker, { slots: 3 })),
      );
      got.push(...answers.flatMap(idsOf));
    }
    expect(got.toSorted()).toEqual(ids.toSorted());
  });

  it("of one worker, twice by mistake, hand out each attempt once", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const ids = await fill(yard, 4);
    const both = await Promise.all([lease(yard, "edge", "w1"), lease(yard, "edge", "w1")]);
    const rest = await lease(yard, "edge", "w1");
    expect([...both, rest].flatMap(idsOf).toSorted()).toEqual(ids.toSorted());
  });
});

describe("an answer that the worker never got", () => {
  it("is given again to the same worker as soon as it asks, under the same token", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    await fill(yard, 2);
    const lost = await lease(yard, "edge", "w1", { holding: [] });
    yard.now += 5_000;
    const again = await lease(yard, "edge", "w1", { holding: [] });
    expect(again).toEqual(lost);
    expect(again).toHaveLength(2);
  });

  it("starts its lease anew when it is given again", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const [id = ""] = await fill(yard, 1);
    await lease(yard, "edge", "w1", { holding: [] });
    yard.now += 29_000;
    await lease(yard, "edge", "w1", { holding: [] });
    expect((await liveOf(yard, id)).heartbeatAtMs).toBe(yard.now);
  });

  it("is given up at once when it is lost a second time", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const [id = ""] = await fill(yard, 1);
    await lease(yard, "edge", "w1", { holding: [] });
    await lease(yard, "edge", "w1", { holding: [] });
    yard.now += 1_000;
    expect(await lease(yard, "edge", "w1", { holding: [] })).toEqual([]);
    const instance = await yard.instance(id);
    expect([instance.state, instance.infraFailures]).toEqual(["pending", 1]);
  });

  it("is noticed beside what did arrive", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    await fill(yard, 1);
    const first = await lease(yard, "edge", "w1", { slots: 2, holding: [] });
    await fill(yard, 1);
    const lost = await lease(yard, "edge", "w1", { slots: 1, holding: held(first) });
    const again = await lease(yard, "edge", "w1", { slots: 1, holding: held(first) });
    expect(held(again)).toEqual(held(lost));
  });

  it("that was written without the server learning of it is found as well", async () => {
    let losing = false;
    const yard = await yardWithPool(
      {},
      {
        wrapStore: (store) => ({
          ...forwarding(store),
          async write(changes) {
            const result = await store.write(changes);
            const isInstance = changes.some(
              (change) => change.kind === "put" && change.record.type === "instance",
            );
            if (losing && isInstance) throw new TransientError("no answer in time");
            return result;
          },
        }),
      },
    );
    await register(yard, "edge", "w1");
    const ids = await fill(yard, 1);
    losing = true;
    expectProblem(await askForWork(yard, "edge", "w1", { holding: [] }), 503, "unavailable");
    losing = false;
    expect(idsOf(await lease(yard, "edge", "w1", { holding: [] }))).toEqual(ids);
  });

  it("is left to its lease where a worker does not say what it holds", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const [id = ""] = await fill(yard, 1);
    await lease(yard, "edge", "w1");
    expect(await lease(yard, "edge", "w1")).toEqual([]);
    expect((await yard.instance(id)).state).toBe("running");
  });
});

describe("what a worker no longer holds", () => {
  it("is given up at once when it had been heard of", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    await fill(yard, 1);
    const [order] = await lease(yard, "edge", "w1", { holding: [] });
    if (order === undefined) throw new Error("no order");
    yard.now += 1_000;
    await beat(yard, order);
    expect(await lease(yard, "edge", "w1", { holding: [] })).toEqual([]);
    const instance = await yard.instance(order.instanceId);
    expect(instance.attempts.at(-1)).toMatchObject({
      outcome: "lost",
      error: { class: "worker_lost" },
    });
  });

  it("because it completed it is simply over", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    await fill(yard, 1);
    const [order] = await lease(yard, "edge", "w1", { holding: [] });
    if (order === undefined) throw new Error("no order");
    await complete(yard, order, { output: 1 });
    expect(await lease(yard, "edge", "w1", { holding: [] })).toEqual([]);
    expect((await yard.instance(order.instanceId)).state).toBe("succeeded");
  });
});

describe("strategies that assign", () => {
  const workers = ["w1", "w2", "w3"];
  async function assigned(strategy: string, spec: object = {}): Promise<Yard> {
    const yard = await yardWithPool({ strategy, ...spec });
    for (const worker of workers) await register(yard, "edge", worker, { slots: 4 });
    return yard;
  }

  it("round-robin deals one by one, whoever asks first", async () => {
    const yard = await assigned("round-robin");
    const [first, second, third] = await fill(yard, 3);
    expect(idsOf(await lease(yard, "edge", "w2"))).toEqual([second]);
    expect(idsOf(await lease(yard, "edge", "w3", { slots: 4 }))).toEqual([third]);
    expect(idsOf(await lease(yard, "edge", "w1"))).toEqual([first]);
  });

  it("least-loaded prefers whoever has least to do", async () => {
    const yard = await assigned("least-loaded");
    await lease(yard, "edge", "w1", { slots: 1, busy: 3 });
    await fill(yard, 1);
    expect(await lease(yard, "edge", "w1", { slots: 1, busy: 3 })).toEqual([]);
    expect(await lease(yard, "edge", "w2")).toHaveLength(1);
  });

  it("sticky brings the same tag to the same worker", async () => {
    const yard = await assigned("sticky", { stickyTag: "customer" });
    const homes = new Map<string, Set<string>>();
    for (let round = 0; round < 4; round++) {
      for (const customer of ["a", "b", "c", "d"]) {
        await putInLine(yard, "edge", { tags: { customer } });
      }
      for (const worker of workers) {
        for (const order of await lease(yard, "edge", worker, { holding: [] })) {
          const { tags } = await yard.instance(order.instanceId);
          const key = tags?.customer ?? "";
          homes.set(key, (homes.get(key) ?? new Set()).add(worker));
          await complete(yard, order);
        }
      }
    }
    expect([...homes.values()].map(({ size }) => size)).toEqual([1, 1, 1, 1]);
  });

  it("let others take what its worker has left lying for too long", async () => {
    const yard = await assigned("round-robin");
    const ids = await fill(yard, 3);
    expect(await lease(yard, "edge", "w1")).toHaveLength(1);
    yard.now += limits.assignPatienceMs;
    expect(idsOf(await lease(yard, "edge", "w2")).toSorted()).toEqual(ids.slice(1).toSorted());
  });

  it("serve the only healthy worker with everything", async () => {
    const yard = await assigned("round-robin");
    yard.now += limits.workerSilenceMsMax + 1;
    await register(yard, "edge", "w9", { slots: 4 });
    const ids = await fill(yard, 3);
    expect(idsOf(await lease(yard, "edge", "w9"))).toEqual(ids);
  });
});

/** Holds back writes of instances that are running until so many are there, then lets them go in turn. */
function writesOfInstancesTogether(count: number): (store: Store) => Store {
  const held: (() => void)[] = [];
  return (store) => ({
    ...forwarding(store),
    async write(changes) {
      const [change] = changes;
      const confirms =
        change?.kind === "put" &&
        change.record.type === "instance" &&
        "state" in change.record.body &&
        change.record.body.state === "running";
      if (confirms && held.length < count) {
        await new Promise<void>((resolve) => {
          held.push(resolve);
          if (held.length === count) for (const release of held) release();
        });
      }
      return store.write(changes);
    },
  });
}

function forwarding(store: Store): Store {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (query) => store.query(query),
    write: (changes) => store.write(changes),
    changes: (from, limit) => store.changes(from, limit),
  };
}
