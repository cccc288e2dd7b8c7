import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InstanceTexts } from "../../functions/api/submission/instance-text.ts";
import { SubmissionDesk } from "../../functions/submission/prepare-submission.ts";
import { readSubmission } from "../../functions/submission/read-submission.ts";
import { gatherRouting } from "../../functions/submission/routing-at-hand.ts";
import { getTask } from "../../functions/tasks/read-tasks.ts";
import { instanceToSummary } from "../../shared/contract/http/instance-to-view.ts";
import { BatchAnswer, type Problem } from "../../shared/contract/http/views.ts";
import { keys } from "../../shared/contract/keys.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { auditInstance } from "../../shared/instance/audit.ts";
import { Submission } from "../../shared/instance/submission.ts";
import type { Ids } from "../../shared/ports/clock.ts";
import { admin, contents, define, expectProblem, openYard, simpleTask, submit } from "./yard.ts";

const path = "/v1/instances/batch";
const post = "POST";

describe("submitting a batch", () => {
  it("answers each item in order, whatever became of the others", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const first = await submit(yard, { task: "hello", idempotencyKey: "old" });
    yard.hints.splice(0);
    const reply = await yard.call(post, path, {
      body: {
        items: [
          { task: "hello", input: 1 },
          { task: "nope" },
          { task: "hello", idempotencyKey: "old" },
          { task: "hello", idempotencyKey: "old", priority: 1 },
          { task: "hello", dryRun: true },
          "hello",
          { task: "hello", tags: { a: "b" }, delaySeconds: 5 },
        ],
      },
    });
    expect(reply.status).toBe(200);
    expect(BatchAnswer.safeParse(reply.body).error).toBeUndefined();
    const { items } = reply.body;
    expect(items.map((item: { status: number }) => item.status)).toEqual([
      202, 404, 200, 409, 200, 400, 202,
    ]);
    expect(items[0].instance).toMatchObject({ state: "dispatched", omitted: ["input"] });
    expect(items[1].error).toMatchObject({ code: "task_not_found", pointer: "/items/1/task" });
    expect(items[2].instance.id).toBe(first);
    expect(items[3].error).toMatchObject({
      code: "idempotency_conflict",
      pointer: "/items/3/idempotencyKey",
    });
    expect(items[4]).toMatchObject({ dryRun: true, receipt: { chosen: "local" } });
    expect(items[5].error).toMatchObject({ code: "invalid_field", pointer: "/items/5" });
    expect(items[6].instance).toMatchObject({ state: "pending", tags: { a: "b" } });
    expect(yard.hints.map(({ instanceId }) => instanceId)).toEqual([
      items[0].instance.id,
      first,
      items[6].instance.id,
    ]);
  });

  it("makes one instance of equal keys inside one batch", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const item = { task: "hello", idempotencyKey: "k" };
    const reply = await yard.call(post, path, {
      body: { items: [item, item, { ...item, input: 1 }] },
    });
    const statuses = reply.body.items.map((answer: { status: number }) => answer.status);
    expect(statuses).toEqual([202, 200, 409]);
  });

  it.each([
    ["no items", {}, "/items"],
    ["an empty list", { items: [] }, "/items"],
    [
      "too many items",
      { items: Array.from({ length: limits.batchItemsMax + 1 }, () => ({})) },
      "/items",
    ],
    ["items that are no list", { items: {} }, "/items"],
    ["a list by itself", [{ task: "hello" }], ""],
  ])("is refused as a whole with %s", async (_, body, pointer) => {
    const yard = openYard();
    await define(yard, "hello");
    const before = contents(yard);
    const reply = await yard.call(post, path, { body });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
    expect(contents(yard)).toBe(before);
  });
});

describe("the bounds of a batch", () => {
  it("is refused as a whole when its text is too long or means two things", async () => {
    const yard = openYard();
    const long = await yard.call(post, path, { rawBody: " ".repeat(limits.batchBodyBytesMax + 1) });
    expectProblem(long, 413, "payload_too_large");
    const double = await yard.call(post, path, { rawBody: '{"items":[{"task":"a","task":"b"}]}' });
    expect(expectProblem(double, 400, "malformed_json").pointer).toBe("/items/0/task");
  });

  it("suggests names for the first unknown tasks only, and reads the names once", async () => {
    let queries = 0;
    const yard = openYard({
      wrapStore: (store) => ({
        get: (key) => store.get(key),
        getMany: (keys) => store.getMany(keys),
        query(query) {
          if (query.partition === keys.taskHead("acme", "").pk) queries += 1;
          return store.query(query);
        },
        write: (changes) => store.write(changes),
        changes: (from, limit) => store.changes(from, limit),
      }),
    });
    await define(yard, "hello");
    const items = Array.from({ length: 1_000 }, (_, i) => ({ task: `hello${i}` }));
    const reply = await yard.call(post, path, { body: { items } });
    const suggested = reply.body.items.filter(
      (item: { error: Problem }) => item.error.suggestion === 'did you mean "hello"?',
    );
    expect([suggested.length, queries]).toEqual([5, 1]);
  });

  it("takes a thousand items, each as deep as a submission of its own may be", async () => {
    const yard = openYard();
    await define(yard, "hello");
    const item = `{"task":"hello","input":${"[".repeat(19)}${"]".repeat(19)}}`;
    const rawBody = `{"items":[${Array.from({ length: 1_000 }, () => item).join(",")}]}`;
    const reply = await yard.call(post, path, { rawBody });
    expect(reply.status, reply.text.slice(0, 300)).toBe(200);
    const statuses = new Set(reply.body.items.map((answer: { status: number }) => answer.status));
    expect([...statuses]).toEqual([202]);
  });

  it("tells which items the store did not confirm", async () => {
    let writes = 0;
    const yard = openYard({
      wrapStore: (store) => ({
        get: (key) => store.get(key),
        getMany: (keys) => store.getMany(keys),
        query: (query) => store.query(query),
        changes: (from, limit) => store.changes(from, limit),
        write(changes) {
          writes += 1;
          // The first write defines the task.
          const confirmed = writes === 1 || writes % 2 === 0;
          return confirmed ? store.write(changes) : Promise.reject(new TransientError("throttled"));
        },
      }),
    });
    await define(yard, "hello");
    const items = Array.from({ length: 4 }, () => ({ task: "hello" }));
    const reply = await yard.call(post, path, { body: { items } });
    const statuses = reply.body.items.map((answer: { status: number }) => answer.status);
    expect(statuses).toEqual([202, 503, 202, 503]);
    expect(yard.hints).toHaveLength(2);
  });
});

/** Ids that count, so that two desks make the same ones. */
function countingIds(): Ids {
  let count = 0;
  const next = (): string => {
    count += 1;
    return String(count).padStart(26, "0");
  };
  return {
    newId: (prefix) => `${prefix}_${next()}`,
    derivedInstanceId: (_, key) => `ins_k${Buffer.from(key).toString("hex").slice(0, 25)}`,
    newToken: () => next(),
    fingerprint: (text) => `f${text.length}-${text.slice(0, 40)}`,
  };
}

const submissions = fc.record(
  {
    task: fc.constantFrom("plain", "tagged", "timed", "paused"),
    input: fc.oneof(fc.constant({ a: 1 }), fc.constant("xxxx"), fc.jsonValue()),
    config: fc.constantFrom({ a: 1 }, {}),
    idempotencyKey: fc.constantFrom("a", "b", 'quote"\\'),
    priority: fc.constantFrom(0, 5),
    group: fc.constantFrom("g", "h"),
    tags: fc.constantFrom({ t: "1" }, { u: '"' }),
    timeoutSeconds: fc.constantFrom(5, 300),
    delaySeconds: fc.constantFrom(0, 60),
    startBy: fc.constantFrom("2026-11-20T10:00:00Z", "2026-11-21T00:00:00Z"),
    backend: fc.constantFrom("local"),
  },
  { requiredKeys: ["task"] },
);

async function deskYard() {
  const yard = openYard();
  await define(yard, "plain");
  await define(yard, "tagged", { ...simpleTask, tags: { of: "task" }, group: "own" });
  await define(yard, "timed", { ...simpleTask, totalTimeoutSeconds: 50, heartbeatSeconds: 3 });
  await define(yard, "paused");
  await yard.call(post, "/v1/tasks/paused/pause");
  return yard;
}

describe("what makes batches fast", () => {
  it("prepares alike submissions exactly as each would be prepared alone", async () => {
    const yard = await deskYard();
    const names = ["plain", "tagged", "timed", "paused"];
    const found = await Promise.all(names.map((name) => getTask(yard.engine, "acme", name)));
    const routing = await gatherRouting(yard.engine, "acme", new Set(names));
    const taskOf = new Map(found.map((task) => [task.head.name, task]));
    fc.assert(
      fc.property(fc.array(submissions, { minLength: 2, maxLength: 12 }), (batch) => {
        const together = { ...yard.engine, ids: countingIds() };
        const alone = { ...yard.engine, ids: countingIds() };
        const desk = new SubmissionDesk(together, admin, routing);
        const texts = new InstanceTexts();
        for (const item of batch) {
          const submission = Submission.parse(item);
          const task = taskOf.get(submission.task);
          if (task === undefined) throw new Error("no task");
          const fast = desk.prepare(submission, task);
          const slow = new SubmissionDesk(alone, admin, routing).prepare(submission, task);
          expect(fast).toEqual(slow);
          expect(JSON.stringify(fast)).toBe(JSON.stringify(slow));
          if ("code" in fast) continue;
          expect(auditInstance(fast.instance)).toEqual([]);
          const view = instanceToSummary(fast.instance);
          expect(texts.textOf(fast.instance)).toBe(JSON.stringify(view));
        }
      }),
      { numRuns: 300 },
    );
  });

  it("writes instances that went on since exactly as their view", async () => {
    const yard = await deskYard();
    const texts = new InstanceTexts();
    const id = await submit(yard, { task: "tagged", input: 1 });
    const check = async (): Promise<void> => {
      const instance = await yard.instance(id);
      const view = instanceToSummary(instance);
      expect(texts.textOf(instance)).toBe(JSON.stringify(view));
    };
    await check();
    await yard.dispatch();
    await check();
    await yard.report(id, { kind: "failed", error: { class: "error", message: 'no "luck"' } });
    await check();
    await yard.call(post, `/v1/instances/${id}/cancel`);
    await check();
  });

  it("reads items as the whole schema would", () => {
    const value = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(5, 0, "hello", "2026-11-21T00:00:00Z", true, {}),
    );
    const field = fc.constantFrom(...Object.keys(Submission.shape), "unknown", "toString");
    const anything = fc.oneof(submissions, fc.dictionary(field, value), fc.jsonValue());
    fc.assert(
      fc.property(anything, (item) => {
        // As it comes from parsed JSON.
        const parsed: unknown = JSON.parse(JSON.stringify(item));
        const read = readSubmission(parsed);
        const whole = Submission.safeParse(parsed);
        expect("code" in read).toBe(!whole.success);
        if (whole.success) expect(read).toEqual(whole.data);
      }),
      { numRuns: 2_000 },
    );
  });
});
