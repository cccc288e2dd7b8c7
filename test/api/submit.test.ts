import { describe, expect, it } from "vitest";
import { TransientError } from "../../shared/core/errors.ts";
import type { Change, Store, WriteResult } from "../../shared/ports/store.ts";
import {
  admin,
  contents,
  define,
  expectProblem,
  openYard,
  simpleTask,
  stranger,
  submit,
} from "./yard.ts";

const post = "POST";
const path = "/v1/instances";

describe("submitting an instance", () => {
  it("answers 202 with the durable instance, already handed over, and hints it", async () => {
    const yard = openYard();
    await define(yard, "hello", { ...simpleTask, tags: { team: "a" }, group: "web" });
    const reply = await yard.call(post, path, {
      body: { task: "hello", input: { a: 1 }, config: { b: 2 }, tags: { cost: "7" }, priority: 9 },
    });
    expect(reply.status).toBe(202);
    expect(reply.body).toMatchObject({
      task: "hello",
      version: 1,
      state: "dispatched",
      createdAt: "2026-11-20T09:00:00.000Z",
      dueAt: "2026-11-20T09:00:00.000Z",
      priority: 9,
      group: "web",
      tags: { team: "a", cost: "7" },
      input: { a: 1 },
      config: { b: 2 },
      backend: "local",
      attempts: [{ number: 1, backend: "local", state: "dispatched" }],
      submittedBy: "ada",
      recordVersion: 1,
    });
    const { id } = reply.body;
    expect(reply.headers.get("location")).toBe(`/v1/instances/${id}`);
    expect(await yard.instance(id)).toMatchObject({ state: "dispatched", version: 1 });
    expect(yard.hints).toEqual([{ tenant: "acme", instanceId: id, priority: 9, lane: "web" }]);
  });

  it("never shows an attempt's token", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, { task: "hello" });
    const token = (await yard.instance(id)).attempts[0]?.token;
    expect(token).toHaveLength(24);
    for (const part of ["", "/history", "/routing", "/why", "/logs"]) {
      const reply = await yard.call("GET", `${path}/${id}${part}`);
      expect(reply.status).toBe(200);
      expect(reply.text).not.toContain(token);
    }
    const list = await yard.call("GET", path);
    expect(list.text).not.toContain(token);
  });

  it("waits for its start time, and expires by its last moment to start", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const reply = await yard.call(post, path, {
      body: { task: "hello", delaySeconds: 90, startBy: "2026-11-20T09:02:00Z" },
    });
    expect(reply.body).toMatchObject({
      state: "pending",
      waiting: "delayed",
      dueAt: "2026-11-20T09:01:30.000Z",
      startBy: "2026-11-20T09:02:00.000Z",
      attempts: [],
    });
    expect(yard.hints).toMatchObject([{ notBeforeMs: yard.now + 90_000 }]);
  });

  it("takes an old version when asked to", async () => {
    const yard = openYard();
    await define(yard, "hello", { ...simpleTask, timeoutSeconds: 11 });
    await define(yard, "hello", { ...simpleTask, timeoutSeconds: 22 });
    const old = await yard.call(post, path, { body: { task: "hello", version: 1 } });
    expect([old.body.version, old.body.timeoutSeconds]).toEqual([1, 11]);
    const newest = await yard.call(post, path, { body: { task: "hello" } });
    expect([newest.body.version, newest.body.timeoutSeconds]).toEqual([2, 22]);
  });
});

describe("the answer to a submission", () => {
  it("shows with dryRun what would happen and stores nothing", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const before = contents(yard);
    const reply = await yard.call(post, path, {
      body: { task: "hello", dryRun: true, idempotencyKey: "k" },
    });
    expect(reply.status).toBe(200);
    expect(reply.body).toMatchObject({
      dryRun: true,
      instance: { task: "hello", state: "dispatched", backend: "local" },
      receipt: { chosen: "local", candidates: [{ backend: "local", feasible: true }] },
    });
    expect(contents(yard)).toBe(before);
    expect(yard.hints).toEqual([]);
  });

  it("answers 503 when the store does not confirm, and acknowledges nothing", async () => {
    const yard = openYard({ wrapStore: withoutInstanceWrites });
    await define(yard, "hello");
    const before = contents(yard);
    const reply = await yard.call(post, path, { body: { task: "hello" } });
    expectProblem(reply, 503, "unavailable");
    expect(Number(reply.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(reply.text).not.toContain("secret-host");
    expect(contents(yard)).toBe(before);
    expect(yard.hints).toEqual([]);
  });

  it("answers with its own instance when an adapter repeated a write that had succeeded", async () => {
    const yard = openYard({ wrapStore: repeatingWrites });
    await define(yard, "hello");
    const reply = await yard.call(post, path, { body: { task: "hello" } });
    expect(reply.status, reply.text).toBe(202);
    expect((await yard.instance(reply.body.id)).version).toBe(1);
  });
});

/** Instances cannot be written; everything else can. */
function withoutInstanceWrites(store: Store): Store {
  return {
    ...plain(store),
    write: (changes) =>
      isInstanceWrite(changes)
        ? Promise.reject(new TransientError("throttled by secret-host"))
        : store.write(changes),
  };
}

function isInstanceWrite([change]: readonly Change[]): boolean {
  return change?.kind === "put" && change.record.type === "instance";
}

/** As an adapter does that had no answer: the second try finds what the first one wrote. */
function repeatingWrites(store: Store): Store {
  return {
    ...plain(store),
    async write(changes: readonly Change[]): Promise<WriteResult> {
      const first = await store.write(changes);
      return isInstanceWrite(changes) ? store.write(changes) : first;
    },
  };
}

function plain(store: Store): Store {
  return {
    get: (key) => store.get(key),
    getMany: (keys) => store.getMany(keys),
    query: (query) => store.query(query),
    write: (changes) => store.write(changes),
    changes: (from, limit) => store.changes(from, limit),
  };
}

const repeats: readonly (readonly [string, string])[] = [
  ["word for word", '{"task":"hello","input":{"a":1,"b":[1,2]},"idempotencyKey":"k"}'],
  [
    "with its keys in another order",
    '{"idempotencyKey":"k","input":{"b":[1,2],"a":1},"task":"hello"}',
  ],
  [
    "with numbers in another form",
    '{"task":"hello","input":{"a":1.0,"b":[1e0,0.2e1]},"idempotencyKey":"k"}',
  ],
  [
    "with spaces and escapes",
    '{ "task" : "h\\u0065llo", "input":{"a":1,"b":[1,2]},\n"idempotencyKey":"k"}',
  ],
  [
    "without dryRun being set",
    '{"task":"hello","input":{"a":1,"b":[1,2]},"idempotencyKey":"k","dryRun":false}',
  ],
];

const changes: readonly (readonly [string, object])[] = [
  ["another input", { input: { a: 2, b: [1, 2] } }],
  ["another order of a list", { input: { a: 1, b: [2, 1] } }],
  ["a text instead of a number", { input: { a: "1", b: [1, 2] } }],
  ["another priority", { priority: 1 }],
  ["another backend", { backend: "local" }],
  ["a tag", { tags: { a: "b" } }],
];

describe("idempotency keys", () => {
  const first = { task: "hello", input: { a: 1, b: [1, 2] }, idempotencyKey: "k" };

  it.each(repeats)("answer 200 with the first instance to a repeat %s", async (_, rawBody) => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, first);
    yard.now += 60_000;
    const before = contents(yard);
    const reply = await yard.call(post, path, { rawBody });
    expect([reply.status, reply.body.id], reply.text).toEqual([200, id]);
    expect(reply.body.createdAt).toBe("2026-11-20T09:00:00.000Z");
    expect(contents(yard)).toBe(before);
  });

  it.each(changes)("refuse %s under the same key", async (_, change) => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, first);
    const before = contents(yard);
    const reply = await yard.call(post, path, { body: { ...first, ...change } });
    const problem = expectProblem(reply, 409, "idempotency_conflict");
    expect(problem.pointer).toBe("/idempotencyKey");
    expect(problem.detail).toContain(id);
    expect(contents(yard)).toBe(before);
  });

  it("mean the same in the header and in the body", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const { idempotencyKey: _, ...unkeyed } = first;
    const header = { headers: { "idempotency-key": "k" } };
    const made = await yard.call(post, path, { body: unkeyed, ...header });
    expect([made.status, made.body.idempotencyKey]).toEqual([202, "k"]);
    for (const options of [{ body: first }, { body: first, ...header }]) {
      const again = await yard.call(post, path, options);
      expect([again.status, again.body.id]).toEqual([200, made.body.id]);
    }
  });

  it("show the instance as it is now, also when it is finished", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const id = await submit(yard, first);
    await yard.report(id, { kind: "succeeded", output: { ok: true } });
    const reply = await yard.call(post, path, { body: first });
    expect([reply.status, reply.body.state]).toEqual([200, "succeeded"]);
    expect(reply.body.output).toEqual({ ok: true });
  });

  it("belong to their tenant", async () => {
    const yard = openYard();
    await define(yard, "hello");
    await yard.call("PUT", "/v1/tasks/hello", { body: simpleTask, as: stranger });
    const mine = await submit(yard, first, admin);
    const theirs = await submit(yard, { ...first, input: "other" }, stranger);
    expect(theirs).not.toBe(mine);
    expect((await yard.instance(mine)).input).toEqual(first.input);
    expect((await yard.instance(theirs, "evil")).input).toBe("other");
  });

  it("settle who is first among equal submissions sent at once", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const replies = await Promise.all(
      Array.from({ length: 8 }, () => yard.call(post, path, { body: first })),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([
      200, 200, 200, 200, 200, 200, 200, 202,
    ]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
  });
});
