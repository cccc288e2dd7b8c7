import { describe, expect, it } from "vitest";
import { lookAtSchedule } from "../../functions/intake/look-at-schedule.ts";
import { hintsOfFinished } from "../../functions/observe/slot-hints.ts";
import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Schedule } from "../../shared/schedule/schedule.ts";
import {
  hourly,
  hourMs,
  instancesOf,
  look,
  minuteMs,
  openScheduleYard,
  schedule,
  slotsOf,
} from "./schedule-yard.ts";
import { admin, contents, type Yard } from "./yard.ts";

async function recordOf(yard: Yard, name: string): Promise<Schedule> {
  const record = await yard.store.get(keys.schedule(admin.tenant, name));
  if (record === undefined) throw new Error(`no schedule ${name}`);
  return record.body as unknown as Schedule;
}

describe("a slot", () => {
  it("becomes an instance once its time has come, and not before", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, tags: { team: "blue" }, priority: 7 });
    yard.now += hourMs - 1;
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toEqual([]);
    yard.now += 1;
    await look(yard, "tick");
    const [instance] = instancesOf(yard, "tick");
    expect(instance).toMatchObject({
      task: "hello",
      state: "dispatched",
      trigger: "timer",
      submittedBy: "schedule/tick",
      tags: { team: "blue" },
      priority: 7,
      origin: { kind: "schedule", schedule: "tick", generation: 1, nominalAtMs: yard.now },
    });
    expect(yard.hints.map(({ instanceId }) => instanceId)).toEqual([instance?.id]);
    const { body } = await yard.call("GET", "/v1/schedules/tick");
    expect(body).toMatchObject({
      latest: { instanceId: instance?.id, nominalAt: "2026-11-20T10:00:00.000Z" },
      next: { nominalAt: "2026-11-20T11:00:00.000Z", startAt: "2026-11-20T11:00:00.000Z" },
    });
  });

  it("is one instance, however often and by however many it is looked at", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    yard.now += hourMs;
    await Promise.all(Array.from({ length: 20 }, () => look(yard, "tick")));
    const after = contents(yard);
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toHaveLength(1);
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired"]);
    expect(contents(yard)).toBe(after);
  });

  it("is not fired again when the clock is put back over it", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, overlap: "allow" });
    yard.now += hourMs;
    await look(yard, "tick");
    yard.now -= hourMs / 2;
    await look(yard, "tick");
    yard.now += hourMs / 2;
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toHaveLength(1);
    yard.now += hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T11:00 fired"]);
  });

  it("is settled by what is there when its instance exists and the schedule does not know", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const before = await recordOf(yard, "tick");
    yard.now += hourMs;
    await look(yard, "tick");
    const [instance] = instancesOf(yard, "tick");
    const key = keys.schedule(admin.tenant, "tick");
    const present = await yard.store.get(key);
    await yard.store.write([
      {
        kind: "put",
        expect: present?.version ?? 0,
        record: { key, type: "schedule", body: before },
      },
    ]);
    await look(yard, "tick");
    expect((await recordOf(yard, "tick")).latest?.instanceId).toBe(instance?.id);
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired"]);
    expect(instancesOf(yard, "tick")).toHaveLength(1);
  });
});

describe("the instance of a slot", () => {
  it("starts at its place within the jitter", async () => {
    const yard = await openScheduleYard();
    const { body } = await schedule(yard, "tick", { ...hourly, jitterSeconds: 600 });
    yard.now += hourMs;
    await look(yard, "tick");
    const [instance] = instancesOf(yard, "tick");
    const placeMs = (instance?.dueAtMs ?? 0) - yard.now;
    expect(placeMs).toBeGreaterThan(0);
    expect(placeMs).toBeLessThanOrEqual(600_000);
    expect(Date.parse(body.next.startAt)).toBe(instance?.dueAtMs);
    expect(instance).toMatchObject({ state: "pending", waiting: "delayed" });
  });

  it("gets its parameters from the nominal time, also when it fires late", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", {
      ...hourly,
      timezone: "Europe/Berlin",
      input: { at: "{{nominal.local}}", hour: "{{nominal.hour}}", from: "{{previous.iso}}" },
      config: { day: "report-{{nominal.date}}", of: "{{schedule.name}}" },
    });
    yard.now += hourMs + 2 * minuteMs;
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")[0]).toMatchObject({
      input: { at: "2026-11-20T11:00:00", hour: 11, from: "2026-11-20T09:00:00Z" },
      config: { day: "report-2026-11-20", of: "tick" },
    });
  });

  it("is missed when its submission is refused, with the reason, and the next slot is tried", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const head = keys.taskHead(admin.tenant, "hello");
    const record = await yard.store.get(head);
    await yard.store.write([{ kind: "delete", key: head, expect: record?.version ?? 0 }]);
    yard.now += hourMs;
    await look(yard, "tick");
    const { body } = await yard.call("GET", "/v1/schedules/tick");
    expect(body.recent).toMatchObject([{ outcome: "missed" }]);
    expect(body.recent[0].reason).toContain("task_not_found");
    expect(body.next.nominalAt).toBe("2026-11-20T11:00:00.000Z");
  });
});

describe("the time of the next slot", () => {
  it("has the schedule looked at in time when it is near", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "soon", { expression: "at(2026-11-20T09:00:05)", task: "hello" });
    await schedule(yard, "later", hourly);
    expect(yard.recordHints).toEqual([
      { kind: "schedule", tenant: "acme", name: "soon", notBeforeMs: yard.now + 5_000 },
    ]);
  });

  it("never comes again after at(…)", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "once", { expression: "at(2026-11-20T09:00:05)", task: "hello" });
    yard.now += 5_000;
    await look(yard, "once");
    const done = await recordOf(yard, "once");
    expect(done).toMatchObject({ state: "completed" });
    expect([done.wakeAtMs, done.nextDueMs]).toEqual([undefined, undefined]);
    expect(instancesOf(yard, "once")).toHaveLength(1);
  });

  it("wakes the schedule later where somebody else says in time that it has come", async () => {
    const yard = await openScheduleYard();
    Object.assign(yard.engine, { slotGraceMs: 90_000 });
    await schedule(yard, "tick");
    expect((await recordOf(yard, "tick")).wakeAtMs).toBe(yard.now + hourMs + 90_000);
    yard.now += hourMs - 2_000;
    yard.recordHints.length = 0;
    await look(yard, "tick");
    expect(yard.recordHints).toMatchObject([{ notBeforeMs: yard.now + 2_000 }]);
  });
});

describe("missed slots", () => {
  const missed = async (misfire: object, hours: number, more: object = {}) => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, overlap: "allow", misfire, ...more });
    yard.now += hours * hourMs + 30 * minuteMs;
    await look(yard, "tick");
    return { yard, slots: await slotsOf(yard, "tick") };
  };

  it("are passed over with skip", async () => {
    const { yard, slots } = await missed({ policy: "skip" }, 4);
    expect(slots).toEqual(["20T10:00 missed ×4"]);
    expect(instancesOf(yard, "tick")).toEqual([]);
  });

  it("are fired once, the newest of them, with fire_once", async () => {
    const { slots } = await missed({ policy: "fire_once" }, 4);
    expect(slots).toEqual(["20T10:00 missed ×3", "20T13:00 fired"]);
  });

  it("are stood for by a slot that is in time, with fire_once", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    yard.now += 4 * hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 missed ×3", "20T13:00 fired"]);
  });

  it("are caught up on, the newest ones and oldest first, with catch_up", async () => {
    const { yard, slots } = await missed({ policy: "catch_up", max: 2 }, 4);
    expect(slots).toEqual(["20T10:00 missed ×2", "20T12:00 fired", "20T13:00 fired"]);
    const [first] = (await recordOf(yard, "tick")).recent.slice(-2);
    expect(first?.reason).toBe("1 h 30 m late");
  });

  it("are none while they are within the grace", async () => {
    const { slots } = await missed({ policy: "skip", graceSeconds: 2 * 3_600 }, 4);
    expect(slots).toEqual(["20T10:00 missed ×2", "20T12:00 fired", "20T13:00 fired"]);
  });

  it("of a look that has too many are left to the next one", async () => {
    const yard = await openScheduleYard();
    const misfire = { policy: "catch_up", max: 60 };
    await schedule(yard, "tick", { ...hourly, overlap: "allow", misfire });
    yard.now += 60 * hourMs + 10 * minuteMs;
    yard.recordHints.length = 0;
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toHaveLength(limits.slotsPerLook);
    expect(yard.recordHints).toEqual([{ kind: "schedule", tenant: "acme", name: "tick" }]);
    await look(yard, "tick");
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toHaveLength(60);
  });

  it("of years are summed up in few steps", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { expression: "rate(1 minute)", task: "hello" });
    yard.now += 10 * 7 * 24 * hourMs;
    await look(yard, "tick");
    const slots = await slotsOf(yard, "tick");
    expect(slots.slice(0, 10)).toEqual(
      Array.from({ length: 10 }, () => expect.stringContaining("missed ×9999")),
    );
    // Of those within the grace, the first is fired and the others find it running.
    expect(slots.slice(-6).map((slot) => slot.slice(9))).toEqual([
      "fired",
      ...Array.from({ length: 5 }, () => "skipped"),
    ]);
    expect(instancesOf(yard, "tick")).toHaveLength(1);
  });
});

describe("a slot while the instance before it is open", () => {
  const twoSlots = async (overlap: string) => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, overlap });
    yard.now += hourMs;
    await look(yard, "tick");
    yard.now += hourMs;
    await look(yard, "tick");
    return yard;
  };

  it("is fired as well with allow", async () => {
    const yard = await twoSlots("allow");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T11:00 fired"]);
  });

  it("is skipped with skip, and named with the instance that was in the way", async () => {
    const yard = await twoSlots("skip");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T11:00 skipped"]);
    const [instance] = instancesOf(yard, "tick");
    const { recent } = await recordOf(yard, "tick");
    expect(recent.at(-1)?.reason).toBe(`${instance?.id} was not finished yet`);
  });

  it("waits with queue_one, one slot at most, and is taken up at the end", async () => {
    const yard = await twoSlots("queue_one");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired"]);
    expect((await recordOf(yard, "tick")).wakeAtMs).toBe(yard.now + limits.queuedSlotRecheckMs);
    yard.now += hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T12:00 skipped"]);
    const [first] = instancesOf(yard, "tick");
    await yard.call("POST", `/v1/instances/${first?.id}/cancel`);
    const ended = await yard.instance(first?.id ?? "");
    expect(hintsOfFinished([ended])).toEqual([{ kind: "schedule", tenant: "acme", name: "tick" }]);
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual([
      "20T10:00 fired",
      "20T11:00 fired",
      "20T12:00 skipped",
    ]);
    const { queued, latest } = await recordOf(yard, "tick");
    expect([queued, latest?.nominalMs]).toEqual([undefined, Date.parse("2026-11-20T11:00:00Z")]);
  });

  it("makes room for itself with cancel_running", async () => {
    const yard = await twoSlots("cancel_running");
    expect(instancesOf(yard, "tick").map(({ state }) => state)).toEqual([
      "cancelled",
      "dispatched",
    ]);
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T11:00 fired"]);
  });
});

describe("looks at once over a change", () => {
  it("create nothing for a schedule that is paused, changed or deleted meanwhile", async () => {
    const changes: readonly ((yard: Yard) => Promise<unknown>)[] = [
      (yard) => yard.call("POST", "/v1/schedules/tick/pause"),
      (yard) => yard.call("DELETE", "/v1/schedules/tick"),
      (yard) => schedule(yard, "tick", { ...hourly, expression: "cron(30 * * * ? *)" }),
    ];
    for (const change of changes) {
      const yard = await openScheduleYard();
      await schedule(yard, "tick");
      yard.now += hourMs;
      const { store } = yard.engine;
      let isChanged = false;
      const overtaken = {
        ...yard.engine,
        store: {
          ...store,
          get: store.get.bind(store),
          getMany: store.getMany.bind(store),
          query: store.query.bind(store),
          changes: store.changes.bind(store),
          write: async (writes: Parameters<typeof store.write>[0]) => {
            if (!isChanged) await change(yard);
            isChanged = true;
            return store.write(writes);
          },
        },
      };
      await lookAtSchedule(overtaken, admin.tenant, "tick");
      expect(instancesOf(yard, "tick")).toEqual([]);
    }
  });
});
