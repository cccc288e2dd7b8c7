import { describe, expect, it } from "vitest";
import { observeChanges } from "../../functions/observe/observe-changes.ts";
import {
  DoctorView,
  HealthView,
  TaskStatsView,
} from "../../shared/contract/http/operation-views.ts";
import { PurgeAnswer } from "../../shared/contract/http/views.ts";
import { keys } from "../../shared/contract/keys.ts";
import {
  contents,
  define,
  expectProblem,
  openYard,
  simpleTask,
  submit,
  type Yard,
} from "./yard.ts";

async function finished(yard: Yard, task: string, log = "log"): Promise<string> {
  const id = await submit(yard, { task });
  await yard.dispatch();
  yard.now += 1_000;
  await yard.report(id, { kind: "succeeded", log });
  return id;
}

async function purge(yard: Yard, body: object) {
  const reply = await yard.call("POST", "/v1/instances/purge", { body });
  expect(reply.status, reply.text).toBe(200);
  expect(PurgeAnswer.safeParse(reply.body).error).toBeUndefined();
  return reply.body;
}

const types = (yard: Yard) => [...yard.store.all()].map(({ type }) => type).toSorted();

describe("purging finished instances", () => {
  it("deletes them with their logs and keeps what is open or newer", async () => {
    const yard = openYard();
    await define(yard, "a");
    const old = await finished(yard, "a");
    const open = await submit(yard, { task: "a", delaySeconds: 60 });
    yard.now += 60_000;
    const before = new Date(yard.now).toISOString();
    const fresh = await finished(yard, "a");
    const answer = await purge(yard, { before });
    expect(answer).toEqual({ instancesDeleted: 1, logsDeleted: 1, scanned: 2 });
    expect(types(yard)).toEqual(["instance", "instance", "log", "task", "task-version"]);
    expectProblem(await yard.call("GET", `/v1/instances/${old}`), 404, "instance_not_found");
    for (const id of [open, fresh])
      expect((await yard.call("GET", `/v1/instances/${id}`)).status).toBe(200);
    const list = await yard.call("GET", "/v1/instances");
    expect(list.body.items).toHaveLength(2);
  });

  it("deletes only of the given task and states", async () => {
    const yard = openYard();
    await define(yard, "a");
    await define(yard, "b");
    await finished(yard, "a");
    await finished(yard, "b");
    const cancelled = await submit(yard, { task: "a" });
    await yard.call("POST", `/v1/instances/${cancelled}/cancel`);
    yard.now += 1_000;
    const before = new Date(yard.now).toISOString();
    expect(await purge(yard, { before, task: "a", states: ["cancelled"] })).toMatchObject({
      instancesDeleted: 1,
    });
    expect(await purge(yard, { before, task: "a" })).toMatchObject({ instancesDeleted: 1 });
    expect(await purge(yard, { before })).toMatchObject({ instancesDeleted: 1 });
    expect(types(yard)).toEqual(["task", "task", "task-version", "task-version"]);
  });

  it("goes on with its cursor until nothing is left", async () => {
    const yard = openYard();
    await define(yard, "a");
    for (let i = 0; i < 7; i++) await finished(yard, "a");
    yard.now += 1_000;
    const before = new Date(yard.now).toISOString();
    let deleted = 0;
    let cursor: string | undefined;
    let requests = 0;
    do {
      const answer = await purge(yard, {
        before,
        limit: 3,
        ...(cursor === undefined ? {} : { cursor }),
      });
      deleted += answer.instancesDeleted;
      cursor = answer.nextCursor;
      requests += 1;
    } while (cursor !== undefined);
    expect([deleted, requests]).toEqual([7, 3]);
    expect(types(yard)).toEqual(["task", "task-version"]);
  });
});

describe("the bounds of purging", () => {
  it("deletes more logs than fit into one write", async () => {
    const yard = openYard();
    await define(yard, "a");
    const id = await finished(yard, "a");
    const extra = Array.from({ length: 250 }, (_, i) => keys.log("acme", id, `att_${i}`));
    for (const key of extra) {
      const record = { key, type: "log", body: { text: "x" } } as const;
      await yard.store.write([{ kind: "put", record, expect: "absent" }]);
    }
    yard.now += 1_000;
    const answer = await purge(yard, { before: new Date(yard.now).toISOString() });
    expect(answer).toMatchObject({ instancesDeleted: 1, logsDeleted: 251 });
    expect(types(yard)).toEqual(["task", "task-version"]);
  });

  it.each([
    ["no time", {}, "invalid_field", "/before"],
    [
      "an open state",
      { before: "2026-11-20T09:00:00Z", states: ["running"] },
      "invalid_field",
      "/states/0",
    ],
    ["no state", { before: "2026-11-20T09:00:00Z", states: [] }, "invalid_field", "/states"],
    ["too many at once", { before: "2026-11-20T09:00:00Z", limit: 201 }, "invalid_field", "/limit"],
    [
      "an unknown field",
      { before: "2026-11-20T09:00:00Z", state: "failed" },
      "unknown_field",
      "/state",
    ],
  ] as const)("is refused with %s", async (_, body, code, pointer) => {
    const yard = openYard();
    await define(yard, "a");
    await finished(yard, "a");
    const before = contents(yard);
    const reply = await yard.call("POST", "/v1/instances/purge", { body });
    expect(expectProblem(reply, 400, code).pointer).toBe(pointer);
    expect(contents(yard)).toBe(before);
  });
});

describe("the doctor", () => {
  it("finds nothing wrong with instances that lived by the rules, page by page", async () => {
    const yard = openYard();
    await define(yard, "a");
    for (let i = 0; i < 3; i++) await finished(yard, "a");
    const first = await yard.call("GET", "/v1/doctor?limit=2");
    expect(first.body).toMatchObject({ scanned: 2, findings: [] });
    const second = await yard.call("GET", `/v1/doctor?limit=2&cursor=${first.body.nextCursor}`);
    expect(second.body).toEqual({ scanned: 1, findings: [] });
  });

  it("names the instance and the invariant that a damaged record breaks", async () => {
    const yard = openYard();
    await define(yard, "a");
    const id = await submit(yard, { task: "a" });
    const record = [...yard.store.all()].find(({ type }) => type === "instance");
    if (record === undefined) throw new Error("no instance");
    const { wakeAtMs: _, ...body } = record.body;
    await yard.store.write([
      { kind: "put", record: { ...record, body: { ...body, version: 2 } }, expect: 1 },
    ]);
    const reply = await yard.call("GET", "/v1/doctor");
    expect(DoctorView.safeParse(reply.body).error).toBeUndefined();
    expect(reply.body.findings.length).toBeGreaterThan(0);
    expect(reply.body.findings[0]).toMatchObject({ instanceId: id, task: "a" });
  });
});

describe("a task's figures", () => {
  it("add up what the rollups say, in total, per backend and per hour", async () => {
    const yard = openYard();
    await define(yard, "a", { ...simpleTask, retry: { maxAttempts: 1 } });
    for (const [hour, durationMs] of [
      [0, 100],
      [1, 200],
      [1, 300],
    ] as const) {
      yard.now = Date.parse(`2026-11-20T0${7 + hour}:10:00Z`);
      const id = await submit(yard, { task: "a" });
      await yard.dispatch();
      yard.now += durationMs;
      await yard.report(id, { kind: "succeeded", usage: { durationMs } });
    }
    const failed = await submit(yard, { task: "a" });
    await yard.dispatch();
    await yard.report(failed, { kind: "failed", error: { class: "error", message: "no" } });
    const { changes } = await yard.store.changes("0", 1_000);
    const { engine } = yard;
    await observeChanges(
      { ...engine, events: { publish: async () => undefined } },
      "test",
      changes,
    );
    const reply = await yard.call("GET", "/v1/tasks/a/stats?hours=3");
    expect(TaskStatsView.safeParse(reply.body).error).toBeUndefined();
    expect(reply.body).toMatchObject({
      task: "a",
      from: "2026-11-20T06:00:00.000Z",
      total: {
        submitted: 4,
        finished: { succeeded: 3, failed: 1 },
        attempts: 4,
        attemptsFailed: 1,
      },
      hours: [
        { hour: "2026-11-20T07:00:00.000Z", submitted: 1, run: { count: 1, meanMs: 100 } },
        { hour: "2026-11-20T08:00:00.000Z", submitted: 3 },
      ],
    });
    const { run } = reply.body.total;
    expect(run.count).toBe(4);
    expect(run.p95Ms).toBeGreaterThan(290);
    expect(run.p95Ms).toBeLessThan(310);
    const narrow = await yard.call("GET", "/v1/tasks/a/stats?hours=1");
    expect(narrow.body.total.submitted).toBe(3);
  });
});

describe("health", () => {
  it("is the worst of the components', and 503 when one is down", async () => {
    const states = {
      store: { state: "ok", kind: "memory" },
      feed: { state: "degraded", lag: 7 },
    } as const;
    const degraded = await openYard({ health: async () => states }).call("GET", "/v1/health");
    expect([degraded.status, degraded.body.status]).toEqual([200, "degraded"]);
    expect(HealthView.safeParse(degraded.body).error).toBeUndefined();
    expect(degraded.body.components).toEqual(states);
    const down = { ...states, store: { state: "down" } } as const;
    const reply = await openYard({ health: async () => down }).call("GET", "/v1/health");
    expect([reply.status, reply.body.status]).toEqual([503, "down"]);
  });
});
