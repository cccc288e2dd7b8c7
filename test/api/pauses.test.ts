import { describe, expect, it } from "vitest";
import { lookAtInstance } from "../../functions/dispatch/look-at-instance.ts";
import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { instancesOf, settle, stateOf } from "../unit/dispatch/gate-yard.ts";
import { define, expectProblem, openYard, simpleTask, submit, type Yard } from "./yard.ts";

async function yardWithGroup(): Promise<Yard> {
  const yard = openYard();
  await yard.call("PUT", "/v1/groups/batch", { body: {} });
  await define(yard, "report", { ...simpleTask, group: "batch" });
  await define(yard, "hello", simpleTask);
  return yard;
}

describe("a paused group", () => {
  it("holds its instances, and nobody else's, until it is resumed", async () => {
    const yard = await yardWithGroup();
    const body = { reason: "month end" };
    const paused = await yard.call("POST", "/v1/groups/batch/pause", { body });
    expect(paused.body.paused).toMatchObject({ by: "ada", reason: "month end" });
    const held = await submit(yard, { task: "report" });
    const other = await submit(yard, { task: "hello" });
    await settle(yard);
    expect(stateOf(yard, held)).toBe("pending paused pause:group/batch");
    expect(stateOf(yard, other)).toBe("running");
    const again = await yard.call("POST", "/v1/groups/batch/pause", { body: {} });
    expect(again.body.paused.reason).toBe("month end");
    const resumed = await yard.call("POST", "/v1/groups/batch/resume");
    expect(resumed.body.paused).toBeUndefined();
    await settle(yard);
    expect(stateOf(yard, held)).toBe("running");
  });

  it("is not believed from memory when it was resumed elsewhere", async () => {
    const yard = await yardWithGroup();
    await yard.call("POST", "/v1/groups/batch/pause");
    const held = await submit(yard, { task: "report" });
    // Another process remembers the pause while this one resumes.
    const remembered = await yard.engine.gates.facts("acme");
    await yard.call("POST", "/v1/groups/batch/resume");
    const engine = {
      ...yard.engine,
      gates: { facts: async () => remembered, forget: () => undefined },
    };
    await lookAtInstance(engine, "acme", held);
    expect(stateOf(yard, held)).toBe("running");
  });

  it("must exist", async () => {
    const yard = openYard();
    expectProblem(await yard.call("POST", "/v1/groups/none/pause"), 404, "group_not_found");
    expectProblem(await yard.call("POST", "/v1/groups/none/resume"), 404, "group_not_found");
  });
});

describe("a paused tenant", () => {
  it("accepts and holds everything until it is resumed", async () => {
    const yard = await yardWithGroup();
    const paused = await yard.call("POST", "/v1/tenant/pause", { body: { reason: "audit" } });
    expect(paused.body.stopped).toMatchObject({ kind: "paused", by: "ada", reason: "audit" });
    const ids = [await submit(yard, { task: "report" }), await submit(yard, { task: "hello" })];
    await settle(yard);
    expect(ids.map((id) => stateOf(yard, id))).toEqual(
      Array(2).fill("pending paused pause:tenant"),
    );
    await yard.call("POST", "/v1/tenant/resume");
    await settle(yard);
    expect(ids.map((id) => stateOf(yard, id))).toEqual(["running", "running"]);
  });

  it("takes effect in other processes as soon as they read again", async () => {
    const yard = await yardWithGroup();
    const id = await submit(yard, { task: "hello", delaySeconds: 10 });
    const settings = { tenant: "acme", spec: {}, updatedAtMs: 1, updatedBy: "ada" };
    const stopped = { kind: "paused", atMs: 1, by: "ada" };
    await yard.engine.gates.facts("acme");
    const body = { ...settings, stopped };
    await yard.store.write([
      {
        kind: "put",
        expect: "absent",
        record: { key: keys.tenantSettings("acme"), type: "tenant", body },
      },
    ]);
    yard.now += 10_000 + limits.routingFactsMs;
    await settle(yard);
    expect(stateOf(yard, id)).toBe("pending paused pause:tenant");
  });
});

describe("a tenant that is switched off", () => {
  it("refuses submissions and starts nothing, until it is resumed", async () => {
    const yard = await yardWithGroup();
    const waiting = await submit(yard, { task: "hello" });
    const off = await yard.call("POST", "/v1/tenant/off", { body: { reason: "the bill" } });
    expect(off.body).toMatchObject({
      tenant: "acme",
      stopped: { kind: "off", reason: "the bill" },
      cancelled: 0,
      complete: true,
    });
    const refused = await yard.call("POST", "/v1/instances", { body: { task: "hello" } });
    const problem = expectProblem(refused, 503, "switched_off");
    expect(problem.detail).toContain("the bill");
    const batch = await yard.call("POST", "/v1/instances/batch", {
      body: { items: [{ task: "hello" }] },
    });
    expect(batch.body.items).toMatchObject([{ status: 503, error: { code: "switched_off" } }]);
    expect(instancesOf(yard)).toHaveLength(1);
    await yard.call("POST", "/v1/tenant/resume");
    await submit(yard, { task: "hello" });
    await settle(yard);
    expect(stateOf(yard, waiting)).toBe("running");
  });

  it("cancels what runs when that is asked for", async () => {
    const yard = await yardWithGroup();
    const ids = [await submit(yard, { task: "report" }), await submit(yard, { task: "hello" })];
    await settle(yard);
    const delayed = await submit(yard, { task: "hello", delaySeconds: 60 });
    const off = await yard.call("POST", "/v1/tenant/off", { body: { cancelRunning: true } });
    expect(off.body).toMatchObject({ cancelled: 2, complete: true });
    await settle(yard);
    expect(ids.map((id) => stateOf(yard, id))).toEqual(["cancelled", "cancelled"]);
    expect(stateOf(yard, delayed)).toBe("pending delayed");
    expect(yard.stopped).toHaveLength(2);
  });

  it("becomes paused when it is paused, so that work is accepted again", async () => {
    const yard = await yardWithGroup();
    await yard.call("POST", "/v1/tenant/off");
    const paused = await yard.call("POST", "/v1/tenant/pause");
    expect(paused.body.stopped.kind).toBe("paused");
    await submit(yard, { task: "hello" });
  });
});
