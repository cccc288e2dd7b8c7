import { describe, expect, it } from "vitest";
import type { GateView, WhyView } from "../../shared/contract/http/why-views.ts";
import { keys } from "../../shared/contract/keys.ts";
import { slotsHeldBy } from "./why-yard.ts";
import { define, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function why(yard: Yard, id: string): Promise<WhyView> {
  const reply = await yard.call("GET", `/v1/instances/${id}/why`);
  expect(reply.status, reply.text).toBe(200);
  return reply.body;
}

function gateOf({ gates }: WhyView, kind: GateView["kind"]): GateView {
  const gate = gates.find((each) => each.kind === kind);
  if (gate === undefined) throw new Error(`no ${kind} among ${gates.map((each) => each.kind)}`);
  return gate;
}

function states({ gates }: WhyView): readonly string[] {
  return gates.map(({ kind, gate, state }) => `${kind} ${gate ?? "-"} ${state}`);
}

describe("why an instance waits at a slot gate", () => {
  it("names the holders, its place, and when it will probably go", async () => {
    const yard = openYard();
    await define(yard, "report", {
      ...simpleTask,
      needs: { executionSecondsEstimate: 60 },
      concurrency: { max: 2 },
    });
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) {
      ids.push(await submit(yard, { task: "report", input: n }));
      await yard.dispatch();
      yard.now += 1_000;
    }
    const last = await why(yard, ids[4] ?? "");
    const slots = gateOf(last, "slots");
    expect(slots).toMatchObject({
      gate: "task/report",
      state: "waiting",
      max: 2,
      held: 2,
      position: 3,
      summary: "2 of 2 slots of task/report are taken; 2 are before it in line",
    });
    expect(slots.holders?.map(({ instanceId }) => instanceId)).toEqual(ids.slice(0, 2));
    // Two ends make room for those before it; the third is of one that began after the first end.
    expect(slots.estimate).toMatchObject({
      at: "2026-11-20T09:02:00.000Z",
      basis: "2 ahead; 2 attempts hold slots, and one takes 60 s by the task's own estimate",
    });
    expect(last.estimate).toEqual(slots.estimate);
    expect(last.summary).toBe(`It waits for a slot: ${slots.summary}.`);
    expect(slots.releases).toEqual([
      {
        action: "raise the bound of the task report",
        request: "PUT /v1/tasks/report",
        role: "admin",
      },
    ]);
  });

  it("gives no estimate where nothing is known of the task's runs", async () => {
    const yard = openYard();
    await define(yard, "report", { ...simpleTask, concurrency: { max: 1 } });
    await submit(yard, { task: "report" });
    await yard.dispatch();
    const second = await submit(yard, { task: "report" });
    await yard.dispatch();
    const told = await why(yard, second);
    expect(gateOf(told, "slots").state).toBe("waiting");
    expect(told.estimate).toBeUndefined();
  });

  it("tells of the gate where it waits apart from those that would hold it later", async () => {
    const yard = openYard();
    await yard.call("PUT", "/v1/groups/etl", { body: { concurrency: 1 } });
    await define(yard, "report", { ...simpleTask, group: "etl", concurrency: { max: 1 } });
    await submit(yard, { task: "report" });
    await yard.dispatch();
    const second = await submit(yard, { task: "report" });
    await yard.dispatch();
    expect(states(await why(yard, second))).toEqual([
      "start_time - open",
      "pause task/report open",
      "backend local open",
      "slots task/report waiting",
      "slots group/etl closed",
    ]);
  });
});

describe("slots before and after the wait", () => {
  it("are told of a dry run, which takes nothing", async () => {
    const yard = openYard();
    await define(yard, "report", { ...simpleTask, concurrency: { max: 1 } });
    const body = { task: "report", dryRun: true };
    const free = await yard.call("POST", "/v1/instances", { body });
    expect(free.body.note).toBeUndefined();
    await submit(yard, { task: "report" });
    await yard.dispatch();
    const plan = await yard.call("POST", "/v1/instances", { body });
    expect(plan.body.note).toBe(
      "it would wait: 1 of 1 slots of task/report are taken; it is the first in line",
    );
  });

  it("are told of an attempt that holds one while it runs", async () => {
    const yard = openYard();
    await define(yard, "report", { ...simpleTask, concurrency: { max: 1 } });
    const id = await submit(yard, { task: "report" });
    await yard.dispatch();
    const told = await why(yard, id);
    expect(told.gates).toEqual([]);
    expect(told.facts).toContain("it holds a slot of task/report");
    expect(await slotsHeldBy(yard, "task/report")).toEqual([id]);
  });
});

describe("why an instance waits at other gates", () => {
  it("says when a rate lets it start", async () => {
    const yard = openYard();
    await define(yard, "mail", { ...simpleTask, rate: { starts: 1, perSeconds: 10 } });
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      ids.push(await submit(yard, { task: "mail", input: n }));
      await yard.dispatch();
      // Of those that came at the same instant, any may be the first.
      yard.now += 1;
    }
    const told = await why(yard, ids[2] ?? "");
    expect(gateOf(told, "rate")).toMatchObject({
      gate: "task/mail",
      state: "waiting",
      position: 2,
      opensAt: "2026-11-20T09:00:10.000Z",
      estimate: {
        at: "2026-11-20T09:00:20.000Z",
        basis: "1 ahead; one may start every 10 s",
      },
    });
  });

  it("says who paused it and who can resume it", async () => {
    const yard = openYard();
    await define(yard, "report");
    await yard.call("POST", "/v1/tasks/report/pause", { body: { reason: "broken" } });
    const id = await submit(yard, { task: "report" });
    await yard.dispatch();
    const told = await why(yard, id);
    expect(gateOf(told, "pause")).toMatchObject({
      gate: "task/report",
      state: "waiting",
      releases: [{ request: "POST /v1/tasks/report/resume", role: "operator" }],
    });
    expect(told.summary).toBe("It waits because the task report is paused.");
    expect(told.actions).toEqual(["cancel", "resume_task"]);
  });

  it("says that it gathers, for how long and for how many", async () => {
    const yard = openYard();
    const gather = { mode: "batch", seconds: 30, max: 10 };
    await define(yard, "index", { ...simpleTask, gather });
    const id = await submit(yard, { task: "index", input: 1 });
    await submit(yard, { task: "index", input: 2 });
    const told = await why(yard, id);
    expect(gateOf(told, "gathering")).toMatchObject({
      state: "waiting",
      opensAt: "2026-11-20T09:00:30.000Z",
      summary:
        "it gathers submissions until there are 10, or its time is over, now 2026-11-20T09:00:30.000Z; it stands for 2 submissions",
    });
    expect(told.summary).toContain("It waits for more submissions");
  });
});

describe("why an instance has not started, or has", () => {
  it("says when its start time comes, and what else would hold it now", async () => {
    const yard = openYard();
    await define(yard, "report", { ...simpleTask, concurrency: { max: 1 } });
    await submit(yard, { task: "report" });
    await yard.dispatch();
    const later = await submit(yard, { task: "report", delaySeconds: 60 });
    const told = await why(yard, later);
    expect(states(told)).toEqual([
      "start_time - waiting",
      "pause task/report open",
      "backend local open",
      "slots task/report closed",
    ]);
    expect(told.summary).toBe("It waits for its start time, 2026-11-20T09:01:00.000Z.");
    expect(told.estimate?.at).toBe("2026-11-20T09:01:00.000Z");
  });

  it("says which schedule let it go", async () => {
    const yard = openYard();
    await define(yard, "report", { ...simpleTask, concurrency: { max: 1 } });
    await submit(yard, { task: "report" });
    await yard.dispatch();
    const id = await submit(yard, { task: "report" });
    const key = keys.instance("acme", id);
    const record = await yard.store.get(key);
    const origin = {
      kind: "schedule",
      schedule: "nightly",
      generation: 1,
      nominalAtMs: yard.now - 1_000,
    };
    const body = { ...record?.body, version: 2, origin };
    await yard.store.write([
      { kind: "put", record: { key, type: "instance", body }, expect: record?.version ?? 0 },
    ]);
    expect(gateOf(await why(yard, id), "schedule")).toMatchObject({
      gate: "schedule/nightly",
      state: "open",
      summary: "the schedule nightly let it go for its slot of 2026-11-20T08:59:59.000Z",
    });
  });

  it("lists nothing for an instance that has finished", async () => {
    const yard = openYard();
    await define(yard, "report");
    const id = await submit(yard, { task: "report" });
    await yard.call("POST", `/v1/instances/${id}/cancel`);
    expect((await why(yard, id)).gates).toEqual([]);
  });
});
