import { describe, expect, it } from "vitest";
import { openTriggerSource } from "../../functions/runtime/trigger-source.ts";
import { takeEvent as take } from "../../functions/triggers/take-event.ts";
import { busEvents } from "../../shared/contract/messages.ts";
import { TransientError } from "../../shared/core/errors.ts";
import { limits } from "../../shared/core/limits.ts";
import { stateChangeEvent } from "../../shared/event/own-events.ts";
import type { BusEvent } from "../../shared/event/trigger.ts";
import { stateChangesOf } from "../../shared/instance/state-changes.ts";
import type { Announcement } from "../../shared/ports/announcements.ts";
import {
  busEvent,
  endAndTell,
  eventYard,
  instancesOf,
  onSold,
  put,
  sold,
  trigger,
} from "./event-yard.ts";
import { admin, submit } from "./yard.ts";

describe("an event", () => {
  it("makes one instance for each trigger that matches, and none for others", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    await trigger(yard, "large", {
      pattern: { detail: { n: [{ numeric: [">=", 5] }] } },
      task: "other",
    });
    await trigger(yard, "returns", { ...onSold, pattern: { "detail-type": ["Returned"] } });
    const { status, taken } = await put(yard);
    expect(status).toBe(200);
    expect(taken.map(({ trigger: name }: { trigger: string }) => name)).toEqual(["large", "sales"]);
    expect(
      instancesOf(yard)
        .map(({ task }) => task)
        .sort(),
    ).toEqual(["hello", "other"]);
  });

  it("is the instance's input, whole, where the trigger has no template", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const { eventId, taken } = await put(yard);
    const instance = await yard.instance(taken[0].instanceId);
    expect(instance).toMatchObject({
      state: "dispatched",
      trigger: "event",
      origin: { kind: "event", trigger: "sales", eventId, hops: 0 },
      submittedBy: "trigger/sales",
      input: {
        version: "0",
        id: eventId,
        source: "shop",
        "detail-type": "Sold",
        time: "2026-11-20T09:00:00.000Z",
        detail: sold.detail,
      },
    });
  });

  it("fills the trigger's template, and gives the instance all that the trigger says", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales", {
      ...onSold,
      input: { order: "{{event.detail.n}}", by: "{{event.detail.who}} at {{trigger.name}}" },
      config: { level: "{{event.detail.level | default 'low'}}" },
      priority: 8,
      tags: { from: "shop" },
      timeoutSeconds: 9,
    });
    const { taken } = await put(yard);
    expect(await yard.instance(taken[0].instanceId)).toMatchObject({
      input: { order: 7, by: "ada at sales" },
      config: { level: "low" },
      priority: 8,
      tags: { from: "shop" },
      timeoutSeconds: 9,
    });
  });

  it("makes the same instance however often it comes, also at the same time", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const event = { ...sold, id: "order-7" };
    const first = await put(yard, event);
    const again = await Promise.all([put(yard, event), put(yard, event), put(yard, event)]);
    for (const { taken } of again) {
      expect(taken[0]).toEqual({ ...first.taken[0], repeated: true });
    }
    expect(first.taken[0].repeated).toBe(false);
    expect(instancesOf(yard)).toHaveLength(1);
    await put(yard, { ...event, source: "shop", id: "order-8" });
    expect(instancesOf(yard)).toHaveLength(2);
  });
});

describe("events", () => {
  it("that are too large for an input are refused for good, and said in the log", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const large = { ...sold, detail: { text: "x".repeat(limits.inputBytesMax) } };
    const { taken } = await put(yard, large);
    expect(taken[0]).toMatchObject({
      trigger: "sales",
      outcome: "refused",
      error: { code: "payload_too_large", status: 413 },
    });
    expect(
      yard.logged.some(
        ({ level, fields }) => level === "warn" && fields?.code === "payload_too_large",
      ),
    ).toBe(true);
    await trigger(yard, "sales", { ...onSold, input: "{{event.id}}" });
    expect((await put(yard, large)).taken[0].outcome).toBe("submitted");
  });

  it("are not lost by a fault of the store: they may be put again", async () => {
    let broken = false;
    const yard = await eventYard({
      wrapStore: (store) => ({
        ...store,
        get: (key) => store.get(key),
        getMany: (keys) => store.getMany(keys),
        query: (query) => store.query(query),
        changes: (from, limit) => store.changes(from, limit),
        write: async (changes) => {
          if (broken) throw new TransientError("throttled");
          return store.write(changes);
        },
      }),
    });
    await trigger(yard, "sales");
    broken = true;
    expect(await put(yard, { ...sold, id: "e" })).toMatchObject({
      status: 503,
      error: { code: "unavailable" },
    });
    broken = false;
    expect((await put(yard, { ...sold, id: "e" })).taken[0].outcome).toBe("submitted");
  });

  it("find triggers that this process has just defined, although they are remembered", async () => {
    const yard = await eventYard();
    Object.assign(yard.engine, { triggers: openTriggerSource(yard.engine) });
    expect((await put(yard)).taken).toEqual([]);
    await trigger(yard, "sales");
    expect((await put(yard)).taken).toHaveLength(1);
    await yard.call("DELETE", "/v1/triggers/sales");
    expect((await put(yard)).taken).toEqual([]);
  });
});

describe("an event for one trigger", () => {
  it("is matched against the pattern as it is now", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    await trigger(yard, "sales", { ...onSold, pattern: { source: ["elsewhere"] } });
    expect(await take(yard.engine, admin.tenant, busEvent(), "sales")).toMatchObject([
      { trigger: "sales", outcome: "ignored", reason: expect.stringContaining("source is") },
    ]);
    expect(await take(yard.engine, admin.tenant, busEvent(), "gone")).toMatchObject([
      { trigger: "gone", outcome: "ignored" },
    ]);
    expect(instancesOf(yard)).toEqual([]);
  });

  it("that an archive sends again counts only where the trigger wants it, and then once", async () => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    await trigger(yard, "replayed", { ...onSold, replays: true });
    const replay = busEvent({ "replay-name": "after-outage" });
    const outcomes = async (event: BusEvent) =>
      (await take(yard.engine, admin.tenant, event)).map(
        ({ trigger: name, outcome }) => `${name} ${outcome}`,
      );
    expect(await outcomes(busEvent())).toEqual(["replayed submitted", "sales submitted"]);
    expect(await outcomes(replay)).toEqual(["replayed submitted", "sales ignored"]);
    expect(await outcomes(replay)).toEqual(["replayed submitted", "sales ignored"]);
    expect(instancesOf(yard)).toHaveLength(3);
  });

  it.each<[string, object]>([
    ["has no detail", { ...busEvent(), detail: undefined }],
    ["has a text as its detail", { ...busEvent(), detail: "{}" }],
    ["has no source", { ...busEvent(), source: 5 }],
    ["is nested too deep", { ...busEvent(), detail: { deep: deep(5_000) } }],
  ])("is ignored without harm when it %s", async (_, event) => {
    const yard = await eventYard();
    await trigger(yard, "sales");
    const taken = await take(yard.engine, admin.tenant, event as BusEvent, "sales");
    expect(taken).toMatchObject([{ outcome: "ignored" }]);
    expect(instancesOf(yard)).toEqual([]);
  });
});

describe("events of our own", () => {
  const onEnd = { pattern: { source: ["switchyard"], detail: { task: ["hello"] } }, task: "other" };
  const backAgain = {
    pattern: { source: ["switchyard"], detail: { task: ["other"] } },
    task: "hello",
  };

  it("make instances, once for each change of state, however often that is told", async () => {
    const yard = await eventYard();
    await trigger(yard, "follow", onEnd);
    const id = await submit(yard, { task: "hello" });
    const [taken] = await endAndTell(yard, id);
    expect(taken).toMatchObject({ trigger: "follow", outcome: "submitted", repeated: false });
    const [change] = stateChangesOf(await yard.instance(id));
    if (change === undefined) throw new Error("no change");
    const twice = { ...stateChangeEvent(change), id: "another-id-of-the-bus" };
    expect(await take(yard.engine, admin.tenant, twice)).toMatchObject([{ repeated: true }]);
  });

  it("lead to each other only so often", async () => {
    const yard = await eventYard();
    await trigger(yard, "ping", onEnd);
    await trigger(yard, "pong", backAgain);
    let id = await submit(yard, { task: "hello" });
    const hops: (number | undefined)[] = [];
    for (let n = 0; n < limits.eventHopsMax + 3; n++) {
      const [taken] = await endAndTell(yard, id);
      if (taken?.outcome !== "submitted") {
        expect(taken).toMatchObject({
          outcome: "ignored",
          reason: expect.stringContaining("loop"),
        });
        break;
      }
      id = taken.instanceId;
      const { origin } = await yard.instance(id);
      hops.push(origin?.kind === "event" ? origin.hops : undefined);
    }
    expect(hops).toEqual(Array.from({ length: limits.eventHopsMax }, (_, n) => n + 1));
    const said = yard.logged.filter(({ fields }) => String(fields?.reason).includes("loop"));
    expect(said).toHaveLength(1);
  });

  it.each<[string, object]>([
    ["of another tenant", { tenant: "evil", hops: 0 }],
    ["that say nothing of their tenant", { hops: 0 }],
    ["that do not count their hops", { tenant: "acme" }],
    ["that count them wrongly", { tenant: "acme", hops: -5 }],
  ])("%s are ignored", async (_, detail) => {
    const yard = await eventYard();
    await trigger(yard, "follow", onEnd);
    const event = busEvent({ source: "switchyard", detail: { task: "hello", ...detail } });
    expect(await take(yard.engine, admin.tenant, event)).toMatchObject([{ outcome: "ignored" }]);
    expect(instancesOf(yard)).toEqual([]);
  });
});

describe('a "Submit Task" event', () => {
  const asking = (detail: object, more: object = {}) => ({
    id: "ask-1",
    source: "shop",
    detailType: "Submit Task",
    detail,
    ...more,
  });

  it("submits what its detail says, once", async () => {
    const yard = await eventYard();
    const event = asking({ task: "hello", input: { n: 1 }, delaySeconds: 60 });
    const { taken } = await put(yard, event);
    expect(taken).toMatchObject([{ outcome: "submitted", repeated: false }]);
    expect(await yard.instance(taken[0].instanceId)).toMatchObject({
      state: "pending",
      waiting: "delayed",
      input: { n: 1 },
      submittedBy: "event/shop",
    });
    expect((await put(yard, event)).taken).toMatchObject([{ repeated: true }]);
    const keyed = asking({ task: "hello", idempotencyKey: "k-1" }, { id: "ask-2" });
    const byKey = await submit(yard, { task: "hello", idempotencyKey: "k-1" });
    expect((await put(yard, keyed)).taken[0]).toMatchObject({ instanceId: byKey, repeated: true });
  });

  it.each<[string, object, string, string]>([
    ["names no task", { input: 1 }, "invalid_field", "/detail/task"],
    ["has a field there is not", { task: "hello", inptu: 1 }, "unknown_field", "/detail/inptu"],
    ["names a task there is not", { task: "helo" }, "task_not_found", "/detail/task"],
    ["only wants to try", { task: "hello", dryRun: true }, "invalid_field", "/detail/dryRun"],
  ])("that %s is refused, and the refusal announced", async (_, detail, code, pointer) => {
    const yard = await eventYard();
    const announced: Announcement[] = [];
    Object.assign(yard.engine, {
      announcements: { announce: async (each: Announcement) => void announced.push(each) },
    });
    const { taken } = await put(yard, asking(detail));
    expect(taken).toMatchObject([{ outcome: "refused", error: { code, pointer } }]);
    expect(announced).toMatchObject([
      {
        tenant: "acme",
        detailType: busEvents.submissionRefused,
        detail: { tenant: "acme", hops: 0, eventId: "ask-1", eventSource: "shop", code },
      },
    ]);
    expect(instancesOf(yard)).toEqual([]);
    await put(yard, asking(detail));
    expect(announced[1]?.id).toBe(announced[0]?.id);
  });

  it("takes its tenant from the credential, whatever it says", async () => {
    const yard = await eventYard();
    const { taken } = await put(yard, asking({ task: "hello", tenant: "evil" }));
    expect(taken[0]).toMatchObject({ outcome: "refused", error: { code: "unknown_field" } });
    await trigger(yard, "sales");
    await put(yard, { ...sold, detail: { tenantId: "evil", tenant: "evil" } });
    expect(instancesOf(yard)).toHaveLength(1);
    expect(instancesOf(yard, "evil")).toEqual([]);
  });
});

function deep(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { value };
  return value;
}

it("an event's time decides nothing, even ten years ahead", async () => {
  const yard = await eventYard();
  await trigger(yard, "sales");
  const { taken } = await put(yard, { ...sold, time: "2036-11-20T09:00:00Z" });
  const { dueAtMs, state } = await yard.instance(taken[0].instanceId);
  expect([dueAtMs, state]).toEqual([yard.now, "dispatched"]);
});
