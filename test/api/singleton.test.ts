import { describe, expect, it } from "vitest";
import { submitInstances, submitOwn } from "../../functions/submission/submit-instances.ts";
import type { Store } from "../../shared/ports/store.ts";
import { admin, define, expectProblem, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function singletonYard(singleton: object, wrapStore?: (store: Store) => Store) {
  const yard = openYard(wrapStore === undefined ? {} : { wrapStore });
  await define(yard, "report", { ...simpleTask, singleton });
  return yard;
}

function post(yard: Yard, submission: object) {
  return yard.call("POST", "/v1/instances", { body: { task: "report", ...submission } });
}

async function finish(yard: Yard, id: string): Promise<void> {
  await yard.dispatch();
  await yard.report(id, { kind: "succeeded", output: 1 });
}

describe("a singleton that returns the open instance", () => {
  it("answers 200 with the open instance, and opens another once it is finished", async () => {
    const yard = await singletonYard({});
    const first = await submit(yard, { task: "report", input: 1 });
    const again = await post(yard, { input: 2 });
    expect([again.status, again.body.id]).toEqual([200, first]);
    await finish(yard, first);
    const later = await post(yard, { input: 3 });
    expect(later.status).toBe(202);
    expect(later.body.id).not.toBe(first);
  });

  it("keeps one open for each value of its key", async () => {
    const yard = await singletonYard({ key: "input.customer" });
    const ids = await Promise.all(
      ["ann", "bob", "ann", "bob", { name: "eve" }, { name: "eve" }, undefined].map(
        async (customer) => String((await post(yard, { input: { customer } })).body.id),
      ),
    );
    expect(ids[0]).toBe(ids[2]);
    expect(ids[1]).toBe(ids[3]);
    expect(ids[4]).toBe(ids[5]);
    expect(new Set(ids).size).toBe(4);
  });

  it("answers a repeat with the same instance even after that has finished", async () => {
    const yard = await singletonYard({});
    const open = await submit(yard, { task: "report", idempotencyKey: "first" });
    const joined = await post(yard, { idempotencyKey: "second" });
    expect([joined.status, joined.body.id]).toEqual([200, open]);
    await finish(yard, open);
    for (const idempotencyKey of ["first", "second"]) {
      const repeat = await post(yard, { idempotencyKey });
      expect([repeat.status, repeat.body.id]).toEqual([200, open]);
    }
    const other = await post(yard, { idempotencyKey: "second", input: "other" });
    expectProblem(other, 409, "idempotency_conflict");
  });

  it("opens exactly one of many that come at once, and all the others find it", async () => {
    const yard = await singletonYard({});
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, n) => post(yard, { input: n })),
    );
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
    expect(replies.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(19);
  });

  it("finds the other's instance when its own write comes second", async () => {
    let rival: (() => Promise<unknown>) | undefined;
    const yard = await singletonYard({}, (store) => ({
      ...bound(store),
      async write(changes) {
        const before = rival;
        rival = undefined;
        await before?.();
        return store.write(changes);
      },
    }));
    let rivalId: unknown;
    rival = async () => {
      rivalId = (await post(yard, { input: "rival" })).body.id;
    };
    const slow = await post(yard, { input: "slow" });
    expect(slow.status).toBe(200);
    expect(slow.body.id).toBe(rivalId);
  });

  it("lets only one of two finished instances be retried", async () => {
    const yard = await singletonYard({});
    const first = await submit(yard, { task: "report" });
    await yard.call("POST", `/v1/instances/${first}/cancel`);
    const second = await submit(yard, { task: "report" });
    expectProblem(await yard.call("POST", `/v1/instances/${first}/retry`), 409, "singleton_open");
    await yard.call("POST", `/v1/instances/${second}/cancel`);
    expect((await yard.call("POST", `/v1/instances/${first}/retry`)).status).toBe(202);
    const found = await post(yard, {});
    expect([found.status, found.body.id]).toEqual([200, first]);
  });
});

describe("a singleton that refuses", () => {
  it("answers 409 and names the open instance", async () => {
    const yard = await singletonYard({ onConflict: "refuse" });
    const first = await submit(yard, { task: "report", idempotencyKey: "k" });
    const problem = expectProblem(await post(yard, { input: 2 }), 409, "singleton_open");
    expect(problem.detail).toContain(first);
    const repeat = await post(yard, { idempotencyKey: "k" });
    expect([repeat.status, repeat.body.id]).toEqual([200, first]);
  });

  it("answers each item of a batch on its own", async () => {
    const yard = await singletonYard({ onConflict: "refuse", key: "input" });
    const items = ["a", "b", "a"].map((input) => ({ task: "report", input }));
    const reply = await yard.call("POST", "/v1/instances/batch", { body: { items } });
    expect(reply.body.items.map(({ status }: { status: number }) => status)).toEqual([
      202, 202, 409,
    ]);
  });
});

describe("a singleton that replaces", () => {
  it("cancels the open instance with its reason and stops the attempt", async () => {
    const yard = await singletonYard({ onConflict: "replace" });
    const first = await submit(yard, { task: "report", input: 1 });
    await yard.dispatch();
    const second = await submit(yard, { task: "report", input: 2 });
    const replaced = await yard.instance(first);
    expect(replaced.state).toBe("cancelled");
    expect(replaced.history.at(-1)).toMatchObject({
      reason: `replaced by ${second}`,
      actor: admin.actor,
    });
    await yard.dispatch();
    expect(yard.stopped.map(({ instanceId }) => instanceId)).toEqual([first]);
  });

  it("leaves exactly one open of many that come at once, the last one", async () => {
    const yard = await singletonYard({ onConflict: "replace" });
    const items = Array.from({ length: 30 }, (_, input) => ({ task: "report", input }));
    const results = await submitInstances(yard.engine, admin, items);
    const ids = results.map((result) =>
      result.outcome === "accepted" ? result.instance.id : result.outcome,
    );
    expect(new Set(ids).size).toBe(30);
    const states = await Promise.all(ids.map(async (id) => (await yard.instance(id)).state));
    expect(states.slice(0, -1).every((state) => state === "cancelled")).toBe(true);
    expect(states.at(-1)).toBe("dispatched");
  });

  it("answers the repeat of a replaced submission with the cancelled instance", async () => {
    const yard = await singletonYard({ onConflict: "replace" });
    const first = await submit(yard, { task: "report", idempotencyKey: "one" });
    const second = await submit(yard, { task: "report", idempotencyKey: "two" });
    const repeat = await post(yard, { idempotencyKey: "one" });
    expect([repeat.status, repeat.body.id, repeat.body.state]).toEqual([200, first, "cancelled"]);
    expect((await yard.instance(second)).state).toBe("dispatched");
  });
});

describe("singletons and what else submits", () => {
  it("writes a schedule's slot in one with what it became, once", async () => {
    const yard = await singletonYard({});
    const open = await submit(yard, { task: "report" });
    const own = {
      id: yard.engine.ids.derivedInstanceId("acme", "\nslot\nnightly"),
      origin: { kind: "schedule", schedule: "nightly", generation: 1, nominalAtMs: yard.now },
      submission: { task: "report" },
      extra: [
        {
          kind: "put",
          expect: "absent",
          record: { key: { pk: "T#acme#SLOTS#nightly", sk: "1" }, type: "slot", body: {} },
        },
      ],
    } as const;
    const first = await submitOwn(yard.engine, admin, own);
    expect(first).toMatchObject({ outcome: "accepted", repeated: false, instance: { id: open } });
    expect(await yard.store.get({ pk: "T#acme#SLOTS#nightly", sk: "1" })).toBeDefined();
    const repeat = await submitOwn(yard.engine, admin, own);
    expect(repeat).toMatchObject({ outcome: "accepted", repeated: true, instance: { id: open } });
    const other = await submitOwn(yard.engine, admin, { ...own, id: "ins_other" });
    expect(other).toMatchObject({ outcome: "overtaken", conflicts: [{ changeIndex: 0 }] });
  });

  it("says in a dry run what would happen", async () => {
    const yard = await singletonYard({ onConflict: "replace" });
    const first = await submit(yard, { task: "report" });
    const plan = await post(yard, { dryRun: true });
    expect(plan.body.note).toBe(`it would cancel ${first} and take its place`);
    expect((await yard.instance(first)).state).toBe("dispatched");
  });

  it("refuses an upload whose key cannot be read", async () => {
    const yard = await singletonYard({ key: "input.customer" });
    const { body } = await yard.call("POST", "/v1/payloads", { body: { bytes: 5 } });
    const inputRef = { id: body.id, bytes: 5, sha256: "0".repeat(64) };
    const problem = expectProblem(
      await post(yard, { inputRef, dryRun: true }),
      400,
      "invalid_field",
    );
    expect(problem.pointer).toBe("/inputRef");
  });

  it("refuses a task that is to be both a singleton and to gather", async () => {
    const yard = openYard();
    const spec = { ...simpleTask, singleton: {}, gather: { mode: "batch", seconds: 5 } };
    const reply = await yard.call("PUT", "/v1/tasks/both", { body: spec });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe("/singleton");
  });
});

function bound(store: Store): Store {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (query) => store.query(query),
    write: (changes) => store.write(changes),
    changes: (from, limit) => store.changes(from, limit),
  };
}
