import { describe, expect, it } from "vitest";
import { lookAtGate } from "../../../functions/gates/look-at-gate.ts";
import { keys } from "../../../shared/contract/keys.ts";
import { limits } from "../../../shared/core/limits.ts";
import { liveAttempt } from "../../../shared/instance/instance.ts";
import { admin, define, openYard, simpleTask, submit, type Yard } from "../../api/yard.ts";
import {
  expectSlotsInStep,
  finish,
  holdersOf,
  instancesOf,
  pass,
  settle,
  shardsOf,
  stateOf,
} from "./gate-yard.ts";

async function yardWith(name: string, bounds: object): Promise<Yard> {
  const yard = openYard();
  await define(yard, name, { ...simpleTask, ...bounds });
  return yard;
}

async function submitted(
  yard: Yard,
  count: number,
  submission: Readonly<Record<string, unknown>>,
): Promise<string[]> {
  const ids: string[] = [];
  for (let each = 0; each < count; each++) {
    yard.now += 1;
    ids.push(await submit(yard, submission));
  }
  return ids;
}

const running = (yard: Yard, ids: readonly string[]) =>
  ids.filter((id) => stateOf(yard, id) === "running");

async function putLimit(yard: Yard, name: string, spec: object): Promise<void> {
  const key = keys.limit(admin.tenant, name);
  const record = await yard.store.get(key);
  const body = { tenant: admin.tenant, name, spec, createdAtMs: 1, updatedAtMs: 1, updatedBy: "t" };
  await yard.store.write([
    { kind: "put", expect: record?.version ?? "absent", record: { key, type: "limit", body } },
  ]);
  yard.engine.gates.forget(admin.tenant);
}

describe("a task with concurrency", () => {
  it("runs no more attempts at once, and the next one as soon as one has ended", async () => {
    const yard = await yardWith("report", { concurrency: { max: 2 } });
    const ids = await submitted(yard, 5, { task: "report" });
    await settle(yard);
    expect(ids.map((id) => stateOf(yard, id))).toEqual([
      "running",
      "running",
      ...Array(3).fill("pending limit slots:task/report"),
    ]);
    expectSlotsInStep(yard);
    await finish(yard, ids.slice(0, 1));
    await settle(yard);
    expect(running(yard, ids)).toEqual([ids[1], ids[2]]);
    await finish(yard, ids.slice(1, 3));
    await settle(yard);
    expect(running(yard, ids)).toEqual([ids[3], ids[4]]);
    await finish(yard, ids.slice(3));
    expectSlotsInStep(yard);
    expect(holdersOf(yard, "task/report")).toEqual([]);
  });

  it("does not claim in the submitting write what may have to wait", async () => {
    const yard = await yardWith("report", { concurrency: { max: 2 } });
    const id = await submit(yard, { task: "report" });
    expect(stateOf(yard, id)).toBe("pending due");
  });

  it("lets the urgent go first, and nobody wait for ever", async () => {
    const yard = await yardWith("report", { concurrency: { max: 1 } });
    await submitted(yard, 1, { task: "report" });
    await settle(yard);
    const [usual] = await submitted(yard, 1, { task: "report", priority: 5 });
    yard.now += 4 * limits.priorityStepMs + 1;
    const [later] = await submitted(yard, 1, { task: "report", priority: 9 });
    const [urgent] = await submitted(yard, 1, { task: "report", priority: 9 });
    await settle(yard);
    const order: (string | undefined)[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await finish(
        yard,
        instancesOf(yard).map(({ id }) => id),
      );
      await settle(yard);
      order.push(instancesOf(yard).find((instance) => liveAttempt(instance) !== undefined)?.id);
    }
    expect(order).toEqual([usual, later, urgent]);
  });

  it("has a line for each value of its key", async () => {
    const yard = await yardWith("report", { concurrency: { max: 1, key: "input.customer" } });
    const [first, second] = await submitted(yard, 2, { task: "report", input: { customer: "a" } });
    const [other] = await submitted(yard, 1, { task: "report", input: { customer: "b" } });
    const [none] = await submitted(yard, 1, { task: "report" });
    await settle(yard);
    expect(stateOf(yard, first ?? "")).toBe("running");
    expect(stateOf(yard, second ?? "")).toBe("pending limit slots:task/report/a");
    expect(stateOf(yard, other ?? "")).toBe("running");
    expect(stateOf(yard, none ?? "")).toBe("running");
    expect(holdersOf(yard, "task/report/-")).toHaveLength(1);
  });
});

describe("a slot", () => {
  it("comes back however an attempt ends", async () => {
    const yard = await yardWith("report", { concurrency: { max: 1 }, retry: { maxAttempts: 2 } });
    const ids = await submitted(yard, 2, { task: "report" });
    await settle(yard);
    const [first = "", second = ""] = ids;
    const error = { class: "error", message: "no" } as const;
    await yard.report(first, { kind: "failed", error });
    await settle(yard);
    expect([stateOf(yard, first), stateOf(yard, second)]).toEqual(["pending backoff", "running"]);
    expectSlotsInStep(yard);
    const cancelled = await yard.call("POST", `/v1/instances/${second}/cancel`);
    expect(cancelled.status).toBe(202);
    expectSlotsInStep(yard);
    expect(holdersOf(yard, "task/report")).toEqual([]);
    await pass(yard, yard.now + 120_000, 1_000);
    expect(stateOf(yard, first)).toBe("running");
    yard.now += 3_600_000;
    yard.hints.push({ tenant: admin.tenant, instanceId: first });
    await settle(yard);
    expect(stateOf(yard, first)).toBe("timed_out");
    expect(holdersOf(yard, "task/report")).toEqual([]);
  });

  it("is one of many, which are more than one record may hold", async () => {
    const yard = await yardWith("report", { concurrency: { max: 150 } });
    const ids = await submitted(yard, 160, { task: "report" });
    await settle(yard);
    expect(running(yard, ids)).toHaveLength(150);
    expect(shardsOf(yard).map(({ holders }) => holders.length)).toEqual([50, 50, 50]);
    expectSlotsInStep(yard);
    await finish(yard, ids);
    await settle(yard);
    expect(running(yard, ids)).toHaveLength(10);
    await finish(yard, ids);
    expectSlotsInStep(yard);
  });
});

describe("several gates", () => {
  it("are passed together or not at all, and who is blocked at one blocks nobody at another", async () => {
    const yard = openYard();
    await putLimit(yard, "crm", { concurrency: 1 });
    await define(yard, "sync", {
      ...simpleTask,
      concurrency: { max: 2 },
      limits: [{ name: "crm" }],
    });
    await define(yard, "mail", { ...simpleTask, limits: [{ name: "crm" }] });
    const [mail = ""] = await submitted(yard, 1, { task: "mail" });
    await settle(yard);
    const [sync = ""] = await submitted(yard, 1, { task: "sync" });
    await settle(yard);
    expect(stateOf(yard, mail)).toBe("running");
    expect(stateOf(yard, sync)).toBe("pending limit slots:limit/crm");
    expect(holdersOf(yard, "task/sync")).toEqual([]);
    await finish(yard, [mail]);
    await settle(yard);
    expect(stateOf(yard, sync)).toBe("running");
    expect(holdersOf(yard, "limit/crm")).toEqual(holdersOf(yard, "task/sync"));
  });

  it("let holders finish when a bound is lowered, and start nobody before", async () => {
    const yard = openYard();
    await putLimit(yard, "crm", { concurrency: 100 });
    await define(yard, "mail", { ...simpleTask, limits: [{ name: "crm" }] });
    const ids = await submitted(yard, 100, { task: "mail" });
    await settle(yard);
    await putLimit(yard, "crm", { concurrency: 3 });
    const [more = ""] = await submitted(yard, 1, { task: "mail" });
    await settle(yard);
    expect(running(yard, [...ids, more])).toHaveLength(100);
    await finish(yard, ids.slice(0, 97));
    await settle(yard);
    expect(stateOf(yard, more)).toBe("pending limit slots:limit/crm");
    await finish(yard, ids.slice(97, 98));
    await settle(yard);
    expect(stateOf(yard, more)).toBe("running");
    expectSlotsInStep(yard);
  });

  it("hold nothing back when their limit is gone", async () => {
    const yard = openYard();
    await putLimit(yard, "crm", { concurrency: 1 });
    await define(yard, "mail", { ...simpleTask, limits: [{ name: "crm" }] });
    const key = keys.limit(admin.tenant, "crm");
    await yard.store.write([{ kind: "delete", key, expect: 1 }]);
    yard.engine.gates.forget(admin.tenant);
    const id = await submit(yard, { task: "mail" });
    expect(stateOf(yard, id)).toBe("dispatched");
  });
});

describe("after a partial restore", () => {
  it("an attempt whose slot is not recorded ends like any other", async () => {
    const yard = await yardWith("report", { concurrency: { max: 1 } });
    const id = await submit(yard, { task: "report" });
    await settle(yard);
    const key = keys.slots(admin.tenant, "task/report", 0);
    const record = await yard.store.get(key);
    await yard.store.write([{ kind: "delete", key, expect: record?.version ?? 0 }]);
    await finish(yard, [id]);
    expect(stateOf(yard, id)).toBe("succeeded");
  });

  it("a slot whose attempt is over is given back within an hour", async () => {
    const yard = await yardWith("report", { concurrency: { max: 1 } });
    const gone = await submit(yard, { task: "report" });
    await settle(yard);
    const record = await yard.store.get(keys.instance(admin.tenant, gone));
    await yard.store.write([
      { kind: "delete", key: keys.instance(admin.tenant, gone), expect: record?.version ?? 0 },
    ]);
    const id = await submit(yard, { task: "report" });
    await settle(yard);
    expect(stateOf(yard, id)).toBe("pending limit slots:task/report");
    yard.now += limits.slotsAuditMs;
    await lookAtGate(yard.engine, admin.tenant, "task/report", "S#0000");
    await settle(yard);
    expect(stateOf(yard, id)).toBe("running");
    expectSlotsInStep(yard);
  });
});

describe("a task with a rate", () => {
  it("starts them evenly, in order, however many wait", async () => {
    const yard = await yardWith("call", { rate: { starts: 5, perSeconds: 1 } });
    const ids = await submitted(yard, 400, { task: "call" });
    const fromMs = yard.now;
    await pass(yard, fromMs + 85_000, 20);
    const startedAtMs = ids.map(
      (id) => instancesOf(yard).find((each) => each.id === id)?.attempts[0]?.claimedAtMs ?? 0,
    );
    expect(startedAtMs).toEqual(startedAtMs.toSorted((left, right) => left - right));
    const gaps = startedAtMs.slice(1).map((atMs, place) => atMs - (startedAtMs[place] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(180);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000);
    expect((startedAtMs.at(-1) ?? 0) - fromMs).toBeLessThan(81_000);
    const writes = instancesOf(yard).map(({ version }) => version);
    // Submitted, claimed and confirmed; and held on ever more seldom while it waited.
    expect(Math.max(...writes)).toBeLessThanOrEqual(3 + 7);
  });

  it("lets a burst through at once", async () => {
    const yard = await yardWith("call", { rate: { starts: 1, perSeconds: 60, burst: 4 } });
    const ids = await submitted(yard, 6, { task: "call" });
    await settle(yard);
    expect(running(yard, ids)).toEqual(ids.slice(0, 4));
    expect(stateOf(yard, ids[4] ?? "")).toBe("pending limit rate:task/call");
    await pass(yard, yard.now + 121_000, 500);
    expect(running(yard, ids)).toEqual(ids);
  });
});

describe("a long line", () => {
  it("costs each who waits few writes, and those in front none", async () => {
    const yard = await yardWith("report", { concurrency: { max: 1 } });
    const ids = await submitted(yard, 120, { task: "report" });
    await settle(yard);
    for (let turn = 0; turn < 119; turn++) {
      await pass(yard, yard.now + 15_000, 3_000);
      const [live = ""] = running(yard, ids);
      await finish(yard, [live]);
      await settle(yard);
    }
    expect(running(yard, ids)).toEqual(ids.slice(-1));
    const holds = instancesOf(yard).map(({ version }) => version);
    // Submitted, held, claimed, confirmed and ended; and held on a few times in half an hour.
    expect(Math.max(...holds)).toBeLessThanOrEqual(5 + 25);
    expectSlotsInStep(yard);
  });
});
