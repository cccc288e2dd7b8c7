import { describe, expect, it } from "vitest";
import { hintsOfFinished } from "../../functions/observe/slot-hints.ts";
import { limits } from "../../shared/core/limits.ts";
import {
  hourly,
  hourMs,
  instancesOf,
  look,
  lookBack,
  openScheduleYard,
  type ScheduleYard,
  schedule,
} from "./schedule-yard.ts";
import { contents, expectProblem, type Yard } from "./yard.ts";

/** Ten slots, 00:00 to 09:00; the yard's clock stands at 09:00 when it opens. */
const night = { from: "2026-11-20T00:00:00Z", to: "2026-11-20T09:00:00Z" };

async function start(yard: Yard, more: object = {}): Promise<string> {
  const reply = await yard.call("POST", "/v1/schedules/tick/backfill", {
    body: { ...night, ...more },
  });
  expect(reply.status, reply.text).toBe(202);
  return reply.body.id;
}

const show = async (yard: Yard, id: string) =>
  (await yard.call("GET", `/v1/schedules/tick/backfills/${id}`)).body;

/** Runs every instance that is there to its end, as a backend would. */
async function finishAll(yard: ScheduleYard): Promise<number> {
  const open = instancesOf(yard, "tick").filter(({ state }) => state === "dispatched");
  await yard.dispatch();
  for (const { id } of open) await yard.report(id, { kind: "succeeded", output: null });
  return open.length;
}

const hoursOf = (yard: Yard): readonly number[] =>
  instancesOf(yard, "tick").map(({ origin }) =>
    origin?.kind === "schedule" ? new Date(origin.nominalAtMs).getUTCHours() : -1,
  );

describe("a backfill", () => {
  it("works off the slots of its range, oldest first and a few at a time", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, input: "{{nominal.time}}" });
    const id = await start(yard, { concurrency: 2, reason: "the source was late" });
    expect(yard.recordHints).toContainEqual({ kind: "backfill", tenant: "acme", name: "tick", id });
    expect(await show(yard, id)).toMatchObject({ state: "running", total: 9, fired: 0 });
    await lookBack(yard, "tick", id);
    expect(hoursOf(yard)).toEqual([0, 1]);
    await lookBack(yard, "tick", id);
    expect(hoursOf(yard)).toEqual([0, 1]);
    const [first] = instancesOf(yard, "tick");
    expect(first).toMatchObject({
      input: "00:00:00",
      state: "dispatched",
      submittedBy: "schedule/tick",
      origin: { backfill: id, nominalAtMs: Date.parse(night.from) },
    });
    for (let rounds = 0; rounds < 5; rounds++) {
      expect(await finishAll(yard)).toBeLessThanOrEqual(2);
      await lookBack(yard, "tick", id);
    }
    expect(hoursOf(yard)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await show(yard, id)).toMatchObject({
      state: "finished",
      fired: 9,
      running: 0,
      succeeded: 9,
      failed: 0,
      finishedAt: "2026-11-20T09:00:00.000Z",
    });
  });

  it("goes backwards when the newest slots are wanted first", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const id = await start(yard, { concurrency: 2, order: "newest_first" });
    await lookBack(yard, "tick", id);
    expect(hoursOf(yard)).toEqual([7, 8]);
    await finishAll(yard);
    await lookBack(yard, "tick", id);
    expect(hoursOf(yard)).toEqual([5, 6, 7, 8]);
  });

  it("leaves out slots that were fired, unless all are asked for", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, overlap: "allow" });
    for (let hour = 0; hour < 3; hour++) {
      yard.now += hourMs;
      await look(yard, "tick");
    }
    const range = { from: "2026-11-20T08:00:00Z", to: "2026-11-20T12:00:00Z", concurrency: 10 };
    const missing = await start(yard, range);
    await lookBack(yard, "tick", missing);
    expect(await show(yard, missing)).toMatchObject({ total: 4, fired: 2, leftOut: 2 });
    expect(hoursOf(yard)).toEqual([8, 9, 10, 11, 12]);
    const all = await start(yard, { ...range, slots: "all" });
    await lookBack(yard, "tick", all);
    expect(await show(yard, all)).toMatchObject({ total: 4, fired: 4, leftOut: 0 });
    expect(hoursOf(yard)).toHaveLength(9);
  });
});

describe("a backfill among others", () => {
  it("runs a missed slot once, whoever takes it up first", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    yard.now += hourMs;
    yard.now += 1_000;
    const id = await start(yard, { from: "2026-11-20T09:30:00Z", to: "2026-11-20T10:00:01Z" });
    await Promise.all([lookBack(yard, "tick", id), look(yard, "tick")]);
    await lookBack(yard, "tick", id);
    await look(yard, "tick");
    expect(hoursOf(yard)).toEqual([10]);
    const { body } = await yard.call("GET", "/v1/schedules/tick");
    expect(body.next.nominalAt).toBe("2026-11-20T11:00:00.000Z");
  });

  it("is looked at again when one of its instances ends, and now and then", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const id = await start(yard);
    await lookBack(yard, "tick", id);
    await finishAll(yard);
    expect(hintsOfFinished(instancesOf(yard, "tick"))).toEqual([
      { kind: "backfill", tenant: "acme", name: "tick", id },
    ]);
    const record = [...yard.store.all()].find(({ type }) => type === "backfill");
    expect(record?.body.wakeAtMs).toBe(yard.now + limits.queuedSlotRecheckMs);
  });

  it("takes up no further slot once it is cancelled, or its schedule is deleted", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const id = await start(yard);
    await lookBack(yard, "tick", id);
    const cancelled = await yard.call("POST", `/v1/schedules/tick/backfills/${id}/cancel`);
    expect([cancelled.status, cancelled.body.state]).toEqual([202, "cancelled"]);
    const other = await start(yard);
    await yard.call("DELETE", "/v1/schedules/tick");
    await finishAll(yard);
    await lookBack(yard, "tick", id);
    await lookBack(yard, "tick", other);
    expect(hoursOf(yard)).toEqual([0]);
    expect((await show(yard, other)).state).toBe("cancelled");
  });
});

describe("the dry run of a backfill", () => {
  it("answers the slots and counts, and stores nothing", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    yard.now += hourMs;
    await look(yard, "tick");
    yard.now += 1;
    const before = contents(yard);
    const body = { from: "2026-11-20T08:00:00Z", to: "2026-11-20T10:00:00.001Z", dryRun: true };
    const reply = await yard.call("POST", "/v1/schedules/tick/backfill", { body });
    expect([reply.status, reply.body]).toEqual([
      200,
      {
        dryRun: true,
        total: 3,
        toRun: 2,
        leftOut: 1,
        items: [
          { nominalAt: "2026-11-20T08:00:00.000Z", fired: false },
          { nominalAt: "2026-11-20T09:00:00.000Z", fired: false },
          { nominalAt: "2026-11-20T10:00:00.000Z", fired: true },
        ],
      },
    ]);
    expect(contents(yard)).toBe(before);
  });
});

describe("a backfill that makes no sense", () => {
  it.each([
    [{ to: "2026-11-19T00:00:00Z" }, "/to"],
    [{ to: "2026-11-21T00:00:00Z" }, "/to"],
    [{ from: "2026-11-20T08:10:00Z", to: "2026-11-20T08:20:00Z" }, "/from"],
    [{ from: "2010-01-01T00:00:00Z" }, "/from"],
    [{ concurrency: 0 }, "/concurrency"],
  ])("such as %o is refused at %s", async (wrong, pointer) => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const body = { ...night, ...wrong };
    const reply = await yard.call("POST", "/v1/schedules/tick/backfill", { body });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
  });

  it("is refused while too many are under way", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    for (let count = 0; count < limits.backfillsOpenMax; count++) await start(yard);
    const reply = await yard.call("POST", "/v1/schedules/tick/backfill", { body: night });
    expectProblem(reply, 409, "limit_reached");
    const { body } = await yard.call("GET", "/v1/schedules/tick/backfills?limit=3");
    expect(body.items).toHaveLength(3);
    expect(body.nextCursor).toBeDefined();
  });
});
