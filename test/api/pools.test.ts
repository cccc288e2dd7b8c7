import { describe, expect, it } from "vitest";
import { TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { askForWork, definePool, lease, putInLine, register, workman } from "./pool-yard.ts";
import { define, expectProblem, openYard, stranger, type Yard } from "./yard.ts";

async function yardWithPool(): Promise<Yard> {
  const yard = openYard();
  await define(yard, "hello");
  await definePool(yard, "edge");
  return yard;
}

const healthOf = async (yard: Yard, pool = "edge") => {
  const { body } = await yard.call("GET", `/v1/pools/${pool}/workers`);
  return Object.fromEntries(
    body.items.map(({ id, health }: { id: string; health: string }) => [id, health]),
  );
};

describe("a pool", () => {
  it("is made by its first definition and changed by the next", async () => {
    const yard = openYard();
    const spec = { type: "edge", labels: { site: "tokyo" }, latencyMs: 8, bandwidthMbps: 400 };
    const made = await definePool(yard, "edge", spec);
    expect([made.status, made.headers.get("location")]).toEqual([201, "/v1/pools/edge"]);
    yard.now += 1_000;
    const changed = await definePool(yard, "edge", { ...spec, usdPerWorkerHour: 0.2 });
    expect(changed.status).toBe(200);
    expect(changed.body).toMatchObject({
      name: "edge",
      spec: { ...spec, usdPerWorkerHour: 0.2, strategy: "pull" },
      createdAt: made.body.createdAt,
      updatedBy: "ada",
    });
    expect(changed.body.updatedAt > made.body.updatedAt).toBe(true);
    expect((await yard.call("GET", "/v1/pools/edge")).body).toEqual({
      ...changed.body,
      waiting: 0,
    });
  });

  it.each(["local", "lambda", "fargate", "pool", "alicloud-fc"])(
    "cannot have the name of the built-in backend %s",
    async (name) => {
      const yard = openYard();
      const reply = await yard.call("PUT", `/v1/pools/${name}`, { body: {} });
      expect(expectProblem(reply, 409, "name_taken").detail).toContain(name);
    },
  );

  it("keeps its workers and its line when it is defined anew", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    await putInLine(yard, "edge");
    await definePool(yard, "edge", { strategy: "sticky" });
    const { body } = await yard.call("GET", "/v1/pools/edge");
    expect(body).toMatchObject({ waiting: 1, workers: { healthy: 1, slots: 4 } });
  });

  it("belongs to one tenant", async () => {
    const yard = await yardWithPool();
    expectProblem(
      await yard.call("GET", "/v1/pools/edge", { as: stranger }),
      404,
      "pool_not_found",
    );
    const { body } = await yard.call("GET", "/v1/pools", { as: stranger });
    expect(body.items).toEqual([]);
  });

  it("is listed with the others, page by page, in the order of names", async () => {
    const yard = openYard();
    for (const name of ["c", "a", "b"]) await definePool(yard, name);
    const first = await yard.call("GET", "/v1/pools?limit=2");
    const second = await yard.call("GET", `/v1/pools?limit=2&cursor=${first.body.nextCursor}`);
    const names = [...first.body.items, ...second.body.items].map(({ name }) => name);
    expect([names, second.body.nextCursor]).toEqual([["a", "b", "c"], undefined]);
  });

  it(`is refused beyond ${limits.poolsMax} of them`, async () => {
    const yard = openYard();
    for (let count = 0; count < limits.poolsMax; count++) await definePool(yard, `p${count}`);
    expectProblem(await yard.call("PUT", "/v1/pools/more", { body: {} }), 409, "limit_reached");
    expect((await definePool(yard, "p7", { type: "edge" })).status).toBe(200);
  });
});

describe("deleting a pool", () => {
  it("takes its idle workers with it", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    expect((await yard.call("DELETE", "/v1/pools/edge")).body).toEqual({ deleted: true });
    expectProblem(await yard.call("GET", "/v1/pools/edge"), 404, "pool_not_found");
    expectProblem(await askForWork(yard, "edge", "w1"), 404, "pool_not_found");
    await definePool(yard, "edge");
    expect(await healthOf(yard)).toEqual({});
  });

  it("is refused while attempts wait in its line, and says how many", async () => {
    const yard = await yardWithPool();
    await putInLine(yard, "edge");
    await putInLine(yard, "edge");
    const problem = expectProblem(await yard.call("DELETE", "/v1/pools/edge"), 409, "pool_in_use");
    expect(problem.detail).toContain("2 attempts wait");
  });

  it("is refused while an attempt runs on one of its workers", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    await putInLine(yard, "edge");
    await lease(yard, "edge", "w1");
    const problem = expectProblem(await yard.call("DELETE", "/v1/pools/edge"), 409, "pool_in_use");
    expect(problem.detail).toContain("1 run");
    expect((await yard.call("GET", "/v1/pools/edge")).status).toBe(200);
  });
});

describe("a worker", () => {
  it("learns by registering how to ask for work", async () => {
    const yard = await yardWithPool();
    const { body } = await register(yard, "edge", "w1", { labels: { rack: "7" }, version: "1.2" });
    expect(body).toEqual({
      pool: "edge",
      worker: "w1",
      leaseSeconds: 30,
      seenSeconds: 15,
      doorbell: { kind: "long-poll", waitSeconds: 20 },
    });
    const { body: list } = await yard.call("GET", "/v1/pools/edge/workers");
    expect(list.items).toMatchObject([
      { id: "w1", health: "healthy", slots: 4, busy: 0, labels: { rack: "7" }, version: "1.2" },
    ]);
  });

  it("gets the doorbell that its host has, and asks by itself when that is out of order", async () => {
    const bell = { kind: "sqs", queueUrl: "q", region: "r" };
    let broken = false;
    const doorbellFor = async () => {
      if (broken) throw new TransientError("no credentials at the moment");
      return bell as never;
    };
    const yard = openYard({ pools: { doorbellFor, waitSecondsMax: 5 } });
    await definePool(yard, "edge");
    expect((await register(yard, "edge", "w1")).body.doorbell).toEqual(bell);
    broken = true;
    expect((await register(yard, "edge", "w1")).body.doorbell).toEqual({
      kind: "long-poll",
      waitSeconds: 5,
    });
  });

  it("needs a pool, and must register before it asks", async () => {
    const yard = await yardWithPool();
    const reply = await yard.call("PUT", "/v1/pools/none/workers/w1", {
      body: { slots: 1 },
      as: workman,
    });
    expectProblem(reply, 404, "pool_not_found");
    expectProblem(await askForWork(yard, "edge", "w1"), 404, "worker_not_found");
  });

  it("is healthy while it is heard of, then silent, then forgotten", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    yard.now += limits.workerSilenceMsMax;
    expect(await healthOf(yard)).toEqual({ w1: "healthy" });
    yard.now += 1;
    expect(await healthOf(yard)).toEqual({ w1: "silent" });
    yard.now += limits.workerKeepMs;
    expect(await healthOf(yard)).toEqual({});
    const [record] = [...yard.store.all()].filter(({ type }) => type === "worker");
    expect(record?.expiresAtMs).toBeLessThan(yard.now);
  });

  it("is kept healthy by asking for work, written down at most once in a while", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const writes = async (): Promise<number | undefined> =>
      [...yard.store.all()].find(({ type }) => type === "worker")?.version;
    const before = await writes();
    for (let asked = 0; asked < 60; asked++) {
      yard.now += 1_000;
      expect(await lease(yard, "edge", "w1")).toEqual([]);
    }
    expect(await healthOf(yard)).toEqual({ w1: "healthy" });
    expect(((await writes()) ?? 0) - (before ?? 0)).toBe(60_000 / limits.workerSeenEveryMs);
  });
});

describe("a worker that goes", () => {
  it("by draining gets nothing more, finishes what it has, and may come back anew", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1", { session: "first" });
    await putInLine(yard, "edge");
    const [order] = await lease(yard, "edge", "w1", { slots: 1 });
    await putInLine(yard, "edge");
    const path = "/v1/pools/edge/workers/w1/drain";
    const drained = await yard.call("POST", path, { as: workman });
    expect(drained.body).toMatchObject({ id: "w1", health: "draining" });
    const holding = [order?.attemptId];
    const { body } = await askForWork(yard, "edge", "w1", { busy: 1, holding });
    expect(body).toEqual({ items: [], draining: true });
    expect((await yard.instance(order?.instanceId ?? "")).state).toBe("running");
    await register(yard, "edge", "w1", { session: "first" });
    expect(await healthOf(yard)).toEqual({ w1: "draining" });
    await register(yard, "edge", "w1", { session: "second" });
    expect(await healthOf(yard)).toEqual({ w1: "healthy" });
  });

  it("with a goodbye leaves nothing behind: what it had is tried again at once", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1");
    const id = await putInLine(yard, "edge");
    await lease(yard, "edge", "w1");
    const reply = await yard.call("DELETE", "/v1/pools/edge/workers/w1", { as: workman });
    expect(reply.body).toEqual({ deleted: true });
    const instance = await yard.instance(id);
    expect(instance).toMatchObject({ state: "pending", infraFailures: 1, taskFailures: 0 });
    expect(instance.attempts.at(-1)?.error?.class).toBe("worker_lost");
    expect(yard.hints.map(({ instanceId }) => instanceId)).toEqual([id]);
    expectProblem(await askForWork(yard, "edge", "w1"), 404, "worker_not_found");
  });

  it("and is started anew under its old name has lost what it had", async () => {
    const yard = await yardWithPool();
    await register(yard, "edge", "w1", { session: "first" });
    const id = await putInLine(yard, "edge");
    await lease(yard, "edge", "w1");
    await register(yard, "edge", "w1", { session: "first" });
    expect((await yard.instance(id)).state).toBe("running");
    await register(yard, "edge", "w1", { session: "second" });
    const instance = await yard.instance(id);
    expect([instance.state, instance.attempts.at(-1)?.outcome]).toEqual(["pending", "lost"]);
  });
});
