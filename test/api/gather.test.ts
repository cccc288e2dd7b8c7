import { describe, expect, it } from "vitest";
import { Lines } from "../../functions/runtime/lines.ts";
import { submitInstances, submitOwn } from "../../functions/submission/submit-instances.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Store } from "../../shared/ports/store.ts";
import { admin, define, expectProblem, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function gatheringYard(gather: object, wrapStore?: (store: Store) => Store) {
  const yard = openYard(wrapStore === undefined ? {} : { wrapStore });
  await define(yard, "index", { ...simpleTask, gather });
  return yard;
}

function post(yard: Yard, submission: object) {
  return yard.call("POST", "/v1/instances", { body: { task: "index", ...submission } });
}

describe("a task that debounces", () => {
  it("runs the newest input after a time without submissions", async () => {
    const yard = await gatheringYard({ mode: "debounce", seconds: 10 });
    const first = await post(yard, { input: 1, tags: { from: "ann" } });
    expect(first.body).toMatchObject({
      state: "pending",
      waiting: "delayed",
      gathered: { mode: "debounce", items: 1 },
    });
    yard.now += 8_000;
    const second = await post(yard, { input: 2, tags: { from: "bob" }, priority: 7 });
    expect(second.status).toBe(202);
    expect(second.body).toMatchObject({
      id: first.body.id,
      input: 2,
      tags: { from: "bob" },
      priority: 7,
      gathered: { items: 2 },
      dueAt: new Date(yard.now + 10_000).toISOString(),
    });
    yard.now += 8_000;
    await yard.dispatch();
    expect((await yard.instance(first.body.id)).state).toBe("pending");
    yard.hints.push({ tenant: "acme", instanceId: first.body.id, priority: 5 });
    yard.now += 2_000;
    await yard.dispatch();
    expect((await yard.instance(first.body.id)).state).toBe("running");
    const next = await post(yard, { input: 3 });
    expect(next.body.id).not.toBe(first.body.id);
  });

  it("starts at the latest after maxSeconds, however busy it is", async () => {
    const yard = await gatheringYard({ mode: "debounce", seconds: 10, maxSeconds: 15 });
    const startMs = yard.now;
    const id = await submit(yard, { task: "index", input: 0 });
    for (let n = 1; n <= 4; n++) {
      yard.now += 3_000;
      await post(yard, { input: n });
    }
    expect((await yard.instance(id)).dueAtMs).toBe(startMs + 15_000);
  });

  it("keeps one history entry for all its additions", async () => {
    const yard = await gatheringYard({ mode: "debounce", seconds: 10 });
    const id = await submit(yard, { task: "index" });
    for (let n = 0; n < 50; n++) await post(yard, { input: n });
    const history = await yard.call("GET", `/v1/instances/${id}/history`);
    expect(history.body.items).toHaveLength(2);
    expect(history.body.items[1]).toMatchObject({
      command: "amend",
      count: 50,
      reason: "stands for 51 submissions",
      actor: admin.actor,
    });
  });

  it("separates by key and by version of the task", async () => {
    const yard = await gatheringYard({ mode: "debounce", seconds: 10, key: "input.doc" });
    const a = await submit(yard, { task: "index", input: { doc: "a" } });
    const b = await submit(yard, { task: "index", input: { doc: "b" } });
    const spec = { ...simpleTask, gather: { mode: "debounce", seconds: 20, key: "input.doc" } };
    await define(yard, "index", spec);
    const later = await submit(yard, { task: "index", input: { doc: "a" } });
    expect(new Set([a, b, later]).size).toBe(3);
    expect((await post(yard, { input: { doc: "a" }, version: 1 })).body.id).toBe(a);
  });
});

describe("a task that gathers batches", () => {
  it("runs all inputs of a time as one list, in their order", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const id = await submit(yard, { task: "index", input: "a" });
    yard.now += 5_000;
    await submit(yard, { task: "index", input: null });
    await submit(yard, { task: "index" });
    await submit(yard, { task: "index", input: "d" });
    const instance = await yard.instance(id);
    expect(instance.input).toEqual({ items: ["a", null, null, "d"] });
    expect(instance.dueAtMs).toBe(yard.now + 5_000);
    expect(yard.hints).toHaveLength(1);
  });

  it("starts a full batch at once and opens another for what comes next", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10, max: 3 });
    const items = [1, 2, 3, 4, 5, 6, 7].map((input) => ({ task: "index", input }));
    const reply = await yard.call("POST", "/v1/instances/batch", { body: { items } });
    const ids: string[] = reply.body.items.map((item: { instance: { id: string } }) => {
      return item.instance.id;
    });
    expect(new Set(ids).size).toBe(3);
    expect(ids.map((id) => ids.indexOf(id))).toEqual([0, 0, 0, 3, 3, 3, 6]);
    await yard.dispatch();
    const states = await Promise.all(
      [...new Set(ids)].map(async (id) => {
        const { state, input } = await yard.instance(id);
        return [state, input];
      }),
    );
    expect(states).toEqual([
      ["running", { items: [1, 2, 3] }],
      ["running", { items: [4, 5, 6] }],
      ["pending", { items: [7] }],
    ]);
  });

  it("opens another when the next input does not fit beside the others", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const large = "x".repeat(limits.inputBytesMax / 2);
    const first = await submit(yard, { task: "index", input: large });
    const second = await submit(yard, { task: "index", input: large });
    expect(second).not.toBe(first);
    expect((await yard.instance(first)).dueAtMs).toBe(yard.now);
    expect((await yard.instance(second)).gathered?.items).toBe(1);
  });

  it("gathers only what agrees in everything but the input", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const plain = await submit(yard, { task: "index", input: 1 });
    const urgent = await submit(yard, { task: "index", input: 2, priority: 9 });
    const tagged = await submit(yard, { task: "index", input: 3, tags: { a: "1" } });
    expect(new Set([plain, urgent, tagged]).size).toBe(3);
    expect(await submit(yard, { task: "index", input: 4, priority: 9 })).toBe(urgent);
  });

  it("writes as often as it has to for a batch of a thousand, not a thousand times", async () => {
    let writes = 0;
    const yard = await gatheringYard({ mode: "batch", seconds: 10, max: 1_000 }, (store) => ({
      ...bound(store),
      write: (changes) => {
        writes += 1;
        return store.write(changes);
      },
    }));
    writes = 0;
    const plain = Array.from({ length: 1_000 }, (_, input) => ({ task: "index", input }));
    await submitInstances(yard.engine, admin, plain);
    expect(writes).toBe(1);
    const keyed = plain.map((each) => ({ ...each, idempotencyKey: `k${each.input}` }));
    const results = await submitInstances(yard.engine, admin, keyed);
    expect(writes).toBeLessThanOrEqual(13);
    expect(results.every(({ outcome }) => outcome === "accepted")).toBe(true);
  });
});

describe("gathering and idempotency keys", () => {
  it("neither adds a repeat twice nor opens another for it, even after the end", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const opener = { input: "a", idempotencyKey: "one" };
    const joiner = { input: "b", idempotencyKey: "two" };
    const id = (await post(yard, opener)).body.id;
    await post(yard, joiner);
    for (const submission of [opener, joiner, joiner]) {
      const repeat = await post(yard, submission);
      expect([repeat.status, repeat.body.id]).toEqual([200, id]);
    }
    expect((await yard.instance(id)).input).toEqual({ items: ["a", "b"] });
    yard.now += 10_000;
    yard.hints.push({ tenant: "acme", instanceId: id, priority: 5 });
    await yard.dispatch();
    await yard.report(id, { kind: "succeeded", output: 1 });
    const late = await post(yard, joiner);
    expect([late.status, late.body.state]).toEqual([200, "succeeded"]);
  });

  it("refuses the same key with other content, in the same request, too", async () => {
    const yard = await gatheringYard({ mode: "debounce", seconds: 10 });
    await post(yard, { input: 1, idempotencyKey: "k" });
    expectProblem(await post(yard, { input: 2, idempotencyKey: "k" }), 409, "idempotency_conflict");
    const items = [1, 2, 1].map((input) => ({ task: "index", input, idempotencyKey: "twice" }));
    const reply = await yard.call("POST", "/v1/instances/batch", { body: { items } });
    expect(reply.body.items.map(({ status }: { status: number }) => status)).toEqual([
      202, 409, 200,
    ]);
  });

  it("loses no item and adds none twice when answers are lost and requests repeated", async () => {
    let calls = 0;
    const yard = await gatheringYard({ mode: "batch", seconds: 60, max: 1_000 }, (store) => ({
      ...bound(store),
      write: async (changes) => {
        const result = await store.write(changes);
        calls += 1;
        if (calls % 3 === 0) throw new TransientError("the answer was lost");
        return result;
      },
    }));
    for (let n = 0; n < 40; n++) {
      for (;;) {
        const reply = await post(yard, { input: n, idempotencyKey: `k${n}` });
        if (reply.status < 300) break;
        expectProblem(reply, 503, "unavailable");
      }
    }
    const open = (await yard.call("GET", "/v1/instances?task=index")).body.items;
    expect(open).toHaveLength(1);
    const { input } = await yard.instance(open[0].id);
    expect(input).toEqual({ items: Array.from({ length: 40 }, (_, n) => n) });
  });
});

describe("gathering under contention", () => {
  it("joins the other's instance when its own write comes second", async () => {
    let rival: (() => Promise<unknown>) | undefined;
    const yard = await gatheringYard({ mode: "batch", seconds: 10 }, (store) => ({
      ...bound(store),
      async write(changes) {
        const before = rival;
        rival = undefined;
        await before?.();
        return store.write(changes);
      },
    }));
    for (const [mine, others] of [
      ["a", "b"],
      ["c", "d"],
    ]) {
      rival = () => post(yard, { input: others });
      await post(yard, { input: mine });
    }
    const [open] = (await yard.call("GET", "/v1/instances?task=index")).body.items;
    expect((await yard.instance(open.id)).input).toEqual({ items: ["b", "a", "d", "c"] });
  });

  it("answers 429 and keeps nothing of it when others keep winning", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 }, (store) => ({
      ...bound(store),
      write: (changes) =>
        changes.some((change) => change.kind === "put" && change.record.type === "instance")
          ? Promise.resolve({
              outcome: "lost",
              conflicts: [{ changeIndex: 1, current: undefined }],
            })
          : store.write(changes),
    }));
    const reply = await post(yard, { input: 1, idempotencyKey: "k" });
    expectProblem(reply, 429, "too_many_requests");
    expect(reply.headers.get("retry-after")).toBe("1");
    const own = {
      id: yard.engine.ids.derivedInstanceId("acme", "\nslot\nnightly"),
      origin: { kind: "schedule", schedule: "nightly", generation: 1, nominalAtMs: yard.now },
      submission: { task: "index" },
    } as const;
    await expect(submitOwn(yard.engine, admin, own)).rejects.toThrow(TransientError);
    expect((await yard.call("GET", "/v1/instances?task=index")).body.items).toEqual([]);
  });

  it("takes a thousand requests at once in a few writes where they take turns", async () => {
    let writes = 0;
    const yard = await gatheringYard({ mode: "batch", seconds: 60, max: 1_000 }, (store) => ({
      ...bound(store),
      write: (changes) => {
        writes += 1;
        return store.write(changes);
      },
    }));
    writes = 0;
    const engine = { ...yard.engine, lines: new Lines() };
    const results = await Promise.all(
      Array.from({ length: 1_000 }, (_, input) =>
        submitInstances(engine, admin, [{ task: "index", input, idempotencyKey: `k${input}` }]),
      ),
    );
    const ids = new Set(
      results.flat().map((each) => (each.outcome === "accepted" ? each.instance.id : each.outcome)),
    );
    expect(ids.size).toBe(1);
    const [id = ""] = ids;
    const { items } = (await yard.instance(id)).input as { readonly items: readonly number[] };
    expect([...items].sort((a, b) => a - b)).toEqual(Array.from({ length: 1_000 }, (_, n) => n));
    expect(writes).toBeLessThan(50);
  });
});

describe("gathering and what else submits", () => {
  it("adds what a schedule submits once, with the slot", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const id = await submit(yard, { task: "index", input: "a" });
    const own = {
      id: yard.engine.ids.derivedInstanceId("acme", "\nslot\nnightly"),
      origin: { kind: "schedule", schedule: "nightly", generation: 1, nominalAtMs: yard.now },
      submission: { task: "index", input: "s" },
      extra: [
        {
          kind: "put",
          expect: "absent",
          record: { key: { pk: "T#acme#SLOTS#nightly", sk: "1" }, type: "slot", body: {} },
        },
      ],
    } as const;
    expect(await submitOwn(yard.engine, admin, own)).toMatchObject({
      repeated: false,
      instance: { id },
    });
    expect(await submitOwn(yard.engine, admin, own)).toMatchObject({
      repeated: true,
      instance: { id },
    });
    const second = { ...own, id: yard.engine.ids.derivedInstanceId("acme", "\nslot\nother") };
    expect(await submitOwn(yard.engine, admin, second)).toMatchObject({
      outcome: "overtaken",
      conflicts: [{ changeIndex: 0 }],
    });
    expect((await yard.instance(id)).input).toEqual({ items: ["a", "s"] });
  });

  it("says in a dry run what would happen, and changes nothing", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const opens = await post(yard, { dryRun: true, input: 1 });
    expect(opens.body.note).toContain("would open an instance that gathers");
    const id = await submit(yard, { task: "index", input: 1 });
    const joins = await post(yard, { dryRun: true, input: 2 });
    expect(joins.body).toMatchObject({
      note: `it would become part of ${id}: stands for 2 submissions`,
      instance: { id, gathered: { items: 2 } },
    });
    expect((await yard.instance(id)).version).toBe(1);
  });

  it("lets an instance that gathers be cancelled and retried, which ends the gathering", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const id = await submit(yard, { task: "index", input: 1 });
    await yard.call("POST", `/v1/instances/${id}/cancel`);
    const other = await submit(yard, { task: "index", input: 2 });
    expect(other).not.toBe(id);
    const retried = await yard.call("POST", `/v1/instances/${id}/retry`);
    expect(retried.body).toMatchObject({ state: "pending", waiting: "due" });
    expect(await submit(yard, { task: "index", input: 3 })).toBe(other);
  });
});

describe("what a gathered task cannot take", () => {
  it.each([
    ["delaySeconds", 0],
    ["startAt", "2026-11-21T00:00:00Z"],
    ["startBy", "2026-11-21T00:00:00Z"],
  ])("refuses %s", async (field, value) => {
    const yard = await gatheringYard({ mode: "debounce", seconds: 10 });
    const problem = expectProblem(await post(yard, { [field]: value }), 400, "invalid_field");
    expect(problem.pointer).toBe(`/${field}`);
  });

  it("refuses an upload in a batch, and an input that fits only alone", async () => {
    const yard = await gatheringYard({ mode: "batch", seconds: 10 });
    const inputRef = { id: `pay_${"0".repeat(26)}`, bytes: 5, sha256: "0".repeat(64) };
    const { body } = await yard.call("POST", "/v1/payloads", { body: { bytes: 5 } });
    const reply = await post(yard, { inputRef: { ...inputRef, id: body.id }, dryRun: true });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe("/inputRef");
    const large = "x".repeat(limits.inputBytesMax - 5);
    expectProblem(await post(yard, { input: large }), 413, "payload_too_large");
  });

  it.each([
    [{ mode: "debounce", seconds: 10, maxSeconds: 5 }, {}, "/gather/maxSeconds"],
    [{ mode: "batch", seconds: 10 }, { totalTimeoutSeconds: 10 }, "/gather/seconds"],
    [{ mode: "batch", seconds: 10, max: 1 }, {}, "/gather/max"],
    [{ mode: "batch", seconds: 0 }, {}, "/gather/seconds"],
    [{ mode: "batch", seconds: 10, key: "output.x" }, {}, "/gather/key"],
    [{ mode: "window", seconds: 10 }, {}, "/gather/mode"],
  ])("refuses a task with %j and %j", async (gather, others, pointer) => {
    const yard = openYard();
    const body = { ...simpleTask, gather, ...others };
    const reply = await yard.call("PUT", "/v1/tasks/index", { body });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
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
