import { readFile } from "node:fs/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { errorOf, isFinal, type LocalYard, openYard, outputOf } from "./local-yard.ts";

const code = `
  import { appendFileSync, existsSync } from "node:fs";
  const until = async (file) => { while (!existsSync(file)) await new Promise((resolve) => setTimeout(resolve, 5)); };
  export const noop = async () => undefined;
  export const pid = async () => process.pid;
  export const wait = async ({ inputs }) => { await until(inputs); return process.pid; };
  export const note = async ({ inputs }) => {
    if (inputs.gate) await until(inputs.gate);
    appendFileSync(inputs.file, inputs.name + "\\n");
  };
  export const meet = async ({ inputs }) => {
    appendFileSync(inputs.own, "");
    // Blocks the process: only another process can open the other's gate.
    while (!existsSync(inputs.other));
    return process.pid;
  };
`;

let yard: LocalYard;
afterEach(() => yard.close());
const open = async (bounds = {}) => {
  yard = await openYard({ "task.mjs": code }, bounds);
};
const gate = () => `${yard.folder}/open`;
const openGate = () => yard.writeModule("../open", "");

describe("many attempts", () => {
  it("20,000 at once are each reported exactly once, in far fewer batches", async () => {
    await open();
    const orders = Array.from({ length: 20_000 }, () => yard.order({ export: "noop" }));
    const finals = orders.map(({ attemptId }) => attemptId);
    const started = await Promise.all(orders.map((order) => yard.executor.start(order)));
    expect(started.every(({ outcome }) => outcome === "accepted")).toBe(true);
    await vi.waitFor(() => expect(yard.executor.inFlight()).toBe(0), 20_000);
    const reported = yard.reports.filter(isFinal).map(({ attemptId }) => attemptId);
    expect(reported).toHaveLength(20_000);
    expect(new Set(reported)).toEqual(new Set(finals));
    expect(yard.reports.every(({ kind }) => kind !== "failed")).toBe(true);
    expect(yard.batches.length).toBeLessThan(5_000);
  });

  it("beyond the queue's bound are refused, and certainly not started", async () => {
    await open({ queuedMax: 3 });
    const orders = Array.from({ length: 5 }, () => yard.order({ export: "noop" }));
    const outcomes = await Promise.all(orders.map((order) => yard.executor.start(order)));
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      ...["accepted", "accepted", "accepted"],
      ...["refused", "refused"],
    ]);
    expect(outcomes[4]).toMatchObject({ error: { class: "no_capacity" } });
  });

  it("starting an attempt again, while it runs or after, runs it once", async () => {
    await open();
    const file = `${yard.folder}/notes`;
    const order = yard.order({ export: "note", input: { file, name: "once" } });
    await Promise.all([yard.executor.start(order), yard.executor.start(order)]);
    await yard.finalOf(order.attemptId);
    expect(await yard.executor.start(order)).toEqual({ outcome: "accepted" });
    await yard.run({ export: "note", input: { file, name: "another" } });
    expect(await readFile(file, "utf8")).toBe("once\nanother\n");
    expect(yard.reports.filter(({ attemptId }) => attemptId === order.attemptId)).toHaveLength(1);
  });

  it("go in order of priority where they wait", async () => {
    await open({ runnersPerTaskMax: 1, inFlightPerRunnerMax: 1 });
    const file = `${yard.folder}/notes`;
    const run = (name: string, priority: number, extra = {}) =>
      yard.run({ export: "note", priority, input: { file, name, ...extra } });
    const holder = run("holder", 5, { gate: gate() });
    await yard.seen(({ kind }) => kind === "started");
    const runs = [run("low", 1), run("high", 9), run("middle", 5)];
    await openGate();
    await Promise.all([holder, ...runs]);
    expect(await readFile(file, "utf8")).toBe("holder\nhigh\nmiddle\nlow\n");
  });
});

describe("processes", () => {
  it("are shared by attempts that wait, and one task gets more of them when it keeps its busy", async () => {
    await open({ runnersPerTaskMax: 2 });
    const [a, b] = [`${yard.folder}/a`, `${yard.folder}/b`];
    const pids = await Promise.all([
      yard.run({ export: "meet", input: { own: a, other: b } }),
      yard.run({ export: "meet", input: { own: b, other: a } }),
    ]);
    expect(new Set(pids.map(outputOf)).size).toBe(2);

    const waiting = Array.from({ length: 10 }, () => yard.run({ export: "wait", input: gate() }));
    await openGate();
    expect(new Set((await Promise.all(waiting)).map(outputOf)).size).toBeLessThanOrEqual(2);
  });

  it("leave when they have had nothing to do for a while", async () => {
    await open({ idleExitMs: 30 });
    await yard.run({ export: "noop" });
    await vi.waitFor(() => expect(yard.executor.processes()).toBe(0), 5_000);
    expect(outputOf(await yard.run({ export: "pid" }))).toBeTypeOf("number");
  });

  it("stay within their bound: the longest idle one makes room for another task", async () => {
    await open({ runnersMax: 2, runnersMaxBusy: 2 });
    const pids: unknown[] = [];
    for (const task of ["one", "two", "three", "one"]) {
      pids.push(outputOf(await yard.run({ export: "pid", task })));
      expect(yard.executor.processes()).toBeLessThanOrEqual(2);
    }
    expect(new Set(pids).size).toBe(4);
  });

  it("are given in turns when more tasks have work than there may be processes", async () => {
    await open({ runnersMax: 1, runnersMaxBusy: 1, turnMs: 20, inFlightPerRunnerMax: 1 });
    const busy = { stop: false, done: 0 };
    const lane = async (): Promise<void> => {
      for (; !busy.stop; busy.done += 1) await yard.run({ export: "noop", task: "busy" });
    };
    const lanes = [lane(), lane(), lane()];
    expect(outputOf(await yard.run({ export: "pid", task: "patient" }))).toBeTypeOf("number");
    busy.stop = true;
    expect(busy.done).toBeLessThan(2_000);
    await Promise.all(lanes);
  });

  it("are more than the bound rather than leaving a task without one behind long work", async () => {
    await open({ runnersMax: 1, runnersMaxBusy: 2 });
    const long = yard.run({ export: "wait", task: "long", input: gate() });
    await yard.seen(({ kind }) => kind === "started");
    expect(outputOf(await yard.run({ export: "pid", task: "short" }))).toBeTypeOf("number");
    await openGate();
    await long;
  });

  it("load a module anew when it has changed on disk", async () => {
    await open();
    await yard.writeModule("changing.mjs", "export const handler = () => 1;");
    expect(outputOf(await yard.run({ module: "changing.mjs" }))).toBe(1);
    await yard.writeModule("changing.mjs", "export const handler = () => 'two';");
    await vi.waitFor(
      async () => expect(outputOf(await yard.run({ module: "changing.mjs" }))).toBe("two"),
      5_000,
    );
  });
});

describe("closing", () => {
  it("waits for what is in flight, and takes nothing new", async () => {
    await open();
    const running = yard.run({ export: "wait", input: gate() });
    await yard.seen(({ kind }) => kind === "started");
    const closed = yard.executor.close(30_000);
    expect(await yard.executor.start(yard.order({ export: "noop" }))).toMatchObject({
      outcome: "refused",
      error: { class: "no_capacity" },
    });
    await openGate();
    expect(outputOf(await running)).toBeTypeOf("number");
    await closed;
    expect(yard.executor.processes()).toBe(0);
  });

  it("after the grace reports what is unfinished as lost, waiting or running, and leaves no process", async () => {
    await open({ runnersPerTaskMax: 1, inFlightPerRunnerMax: 1 });
    const running = yard.run({ export: "wait", input: gate() });
    await yard.seen(({ kind }) => kind === "started");
    const waiting = yard.run({ export: "noop" });
    await yard.executor.close(0);
    expect(errorOf(await running)).toMatchObject({ class: "worker_lost" });
    expect(errorOf(await waiting)).toMatchObject({ class: "worker_lost" });
    expect(yard.executor.processes()).toBe(0);
    expect(yard.reports.filter(isFinal)).toHaveLength(2);
  });
});
