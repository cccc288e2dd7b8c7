import { describe, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import { bucketOf } from "../../shared/rollup/sketch.ts";
import { emptyProfile } from "../../shared/routing/learn.ts";
import type { LearnedRuns } from "../../shared/routing/profile.ts";
import { fixedRouting } from "../fixtures/fixed-routing.ts";
import {
  hourly,
  hourMs,
  instancesOf,
  look,
  openScheduleYard,
  schedule,
  slotsOf,
} from "./schedule-yard.ts";
import { admin, contents, define, expectProblem, stranger, yardBackend } from "./yard.ts";

describe("a schedule", () => {
  it("is made by its first definition and answered with what is stored", async () => {
    const yard = await openScheduleYard();
    const made = await schedule(yard, "nightly", {
      description: "Adds up the day.",
      expression: "30 2 * * *",
      timezone: "Europe/Berlin",
      task: "hello",
    });
    expect([made.status, made.headers.get("location"), made.headers.get("etag")]).toEqual([
      201,
      "/v1/schedules/nightly",
      '"1"',
    ]);
    expect(made.body).toMatchObject({
      name: "nightly",
      state: "active",
      generation: 1,
      spec: { expression: "30 2 * * *", overlap: "skip", misfire: { policy: "fire_once" } },
      next: { nominalAt: "2026-11-21T01:30:00.000Z" },
      recent: [],
      warnings: [],
      updatedBy: "ada",
    });
    const { warnings: _, ...stored } = made.body;
    expect((await yard.call("GET", "/v1/schedules/nightly")).body).toEqual(stored);
  });

  it("changes nothing when it is defined as it is", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const before = contents(yard);
    yard.now += 1_000;
    const again = await schedule(yard, "tick");
    expect([again.status, again.headers.get("etag")]).toEqual([200, '"1"']);
    expect(contents(yard)).toBe(before);
  });

  it("keeps its slots when only what it submits changes, and begins anew when its times change", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    yard.now += hourMs / 2;
    const same = await schedule(yard, "tick", { ...hourly, input: { a: 1 } });
    expect([same.body.generation, same.headers.get("etag")]).toEqual([1, '"2"']);
    yard.now += hourMs / 2;
    const changed = await schedule(yard, "tick", { ...hourly, expression: "cron(15 * * * ? *)" });
    expect(changed.body).toMatchObject({
      generation: 2,
      next: { nominalAt: "2026-11-20T10:15:00.000Z" },
    });
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toEqual([]);
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 skipped"]);
  });

  it("is only changed under the ETag that was read, when one is sent", async () => {
    const yard = await openScheduleYard();
    const put = (ifMatch: string, spec: object) =>
      yard.call("PUT", "/v1/schedules/tick", { body: spec, headers: { "if-match": ifMatch } });
    expectProblem(await put('"1"', hourly), 412, "precondition_failed");
    expect((await put('"0"', hourly)).status).toBe(201);
    expectProblem(await put('"0"', { ...hourly, priority: 1 }), 412, "precondition_failed");
    expect((await put('"1"', { ...hourly, priority: 1 })).headers.get("etag")).toBe('"2"');
  });
});

describe("schedules", () => {
  it("belong to one tenant", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const foreign = await yard.call("GET", "/v1/schedules/tick", { as: stranger });
    expectProblem(foreign, 404, "schedule_not_found");
    const { body } = await yard.call("GET", "/v1/schedules", { as: stranger });
    expect(body.items).toEqual([]);
  });

  it("are listed by name, page by page, and by what they submit and their state", async () => {
    const yard = await openScheduleYard();
    await define(yard, "other");
    await schedule(yard, "c", { ...hourly, group: "blue" });
    await schedule(yard, "a", { ...hourly, task: "other" });
    await schedule(yard, "b");
    await yard.call("POST", "/v1/schedules/b/pause");
    const names = async (query: string) => {
      const { body } = await yard.call("GET", `/v1/schedules?${query}`);
      return [body.items.map(({ name }: { name: string }) => name), body.nextCursor];
    };
    const [first, cursor] = await names("limit=2");
    expect([first, (await names(`limit=2&cursor=${cursor}`))[0]]).toEqual([["a", "b"], ["c"]]);
    expect((await names("task=other"))[0]).toEqual(["a"]);
    expect((await names("group=blue"))[0]).toEqual(["c"]);
    expect((await names("state=paused"))[0]).toEqual(["b"]);
  });

  it("that are deleted fire no more, and one of the same name never repeats their slots", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    yard.now += hourMs;
    await look(yard, "tick");
    expect((await yard.call("DELETE", "/v1/schedules/tick")).body).toEqual({ deleted: true });
    yard.now += hourMs;
    await look(yard, "tick");
    expectProblem(await yard.call("GET", "/v1/schedules/tick"), 404, "schedule_not_found");
    yard.now -= 2 * hourMs;
    expect((await schedule(yard, "tick")).body.generation).toBe(2);
    yard.now += hourMs;
    await look(yard, "tick");
    const generations = instancesOf(yard, "tick").map(
      ({ origin }) => origin?.kind === "schedule" && origin.generation,
    );
    expect(generations).toEqual([1, 2]);
  });

  it("are refused beyond the number that there may be", async () => {
    const yard = await openScheduleYard();
    await yard.store.write([
      {
        kind: "add",
        key: keys.quota(admin.tenant, "schedules", "all"),
        type: "quota",
        amounts: { count: limits.schedulesMax - 1 },
      },
    ]);
    await schedule(yard, "last");
    const refused = await yard.call("PUT", "/v1/schedules/more", { body: hourly });
    expectProblem(refused, 409, "limit_reached");
    await yard.call("DELETE", "/v1/schedules/last");
    await schedule(yard, "more");
  });
});

describe("a paused schedule", () => {
  it("fires nothing, and nothing of what came meanwhile when it is resumed", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const body = { reason: "the warehouse moves" };
    const paused = await yard.call("POST", "/v1/schedules/tick/pause", { body });
    expect(paused.body).toMatchObject({ state: "paused", paused: { by: "ada", ...body } });
    expect(paused.body.next).toBeUndefined();
    yard.now += 3 * hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual([]);
    const resumed = await yard.call("POST", "/v1/schedules/tick/resume");
    expect(resumed.body).toMatchObject({ state: "active", generation: 2 });
    await look(yard, "tick");
    expect(instancesOf(yard, "tick")).toEqual([]);
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 skipped ×3"]);
    yard.now += hourMs;
    await look(yard, "tick");
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 skipped ×3", "20T13:00 fired"]);
  });

  it("keeps its first pause, and resuming twice changes nothing", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    await yard.call("POST", "/v1/schedules/tick/pause", { body: { reason: "one" } });
    const { body } = await yard.call("POST", "/v1/schedules/tick/pause", {
      body: { reason: "two" },
    });
    expect(body.paused.reason).toBe("one");
    await yard.call("POST", "/v1/schedules/tick/resume");
    const before = contents(yard);
    await yard.call("POST", "/v1/schedules/tick/resume");
    expect(contents(yard)).toBe(before);
  });

  it("gives up the slot that waited for an instance to finish", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, overlap: "queue_one" });
    yard.now += hourMs;
    await look(yard, "tick");
    yard.now += hourMs;
    await look(yard, "tick");
    const { body } = await yard.call("POST", "/v1/schedules/tick/pause");
    expect(body.queued).toBeUndefined();
    expect(await slotsOf(yard, "tick")).toEqual(["20T10:00 fired", "20T11:00 skipped"]);
  });

  it("cannot be one that is completed", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "once", { expression: "at(2026-11-20T09:00:05)", task: "hello" });
    yard.now += 5_000;
    await look(yard, "once");
    const reply = await yard.call("POST", "/v1/schedules/once/pause");
    expectProblem(reply, 409, "schedule_completed");
  });
});

describe("running a schedule by hand", () => {
  it("submits at once and uses up no slot", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick", { ...hourly, input: "{{nominal.time}}" });
    yard.now += 60_000;
    const run = await yard.call("POST", "/v1/schedules/tick/run");
    expect([run.status, run.body.input]).toEqual([202, "09:01:00"]);
    const instance = await yard.instance(run.body.id);
    expect(instance).toMatchObject({
      trigger: "manual",
      submittedBy: "ada",
      origin: { schedule: "tick", byHand: true },
    });
    const { body } = await yard.call("GET", "/v1/schedules/tick");
    expect(body).toMatchObject({
      latest: { instanceId: run.body.id },
      next: { nominalAt: "2026-11-20T10:00:00.000Z" },
    });
    expect(await slotsOf(yard, "tick")).toEqual([]);
  });

  it("answers the same instance for the same key", async () => {
    const yard = await openScheduleYard();
    await schedule(yard, "tick");
    const headers = { "idempotency-key": "today" };
    const first = await yard.call("POST", "/v1/schedules/tick/run", { headers });
    yard.now += 1_000;
    const again = await yard.call("POST", "/v1/schedules/tick/run", { headers });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    expect(instancesOf(yard, "tick")).toHaveLength(1);
  });

  it("says why it cannot", async () => {
    const yard = await openScheduleYard();
    expectProblem(await yard.call("POST", "/v1/schedules/no/run"), 404, "schedule_not_found");
  });
});

describe("a definition that makes no sense", () => {
  it.each([
    [{ expression: "cron(0 0 31 2 ? *)" }, "/expression"],
    [{ expression: "cron(0 0 * * * *)" }, "/expression"],
    [{ expression: "rate(0 minutes)" }, "/expression"],
    [{ expression: "at(2020-01-01T00:00:00)" }, "/expression"],
    [{ timezone: "Nowhere/Land" }, "/timezone"],
    [{ timezone: "europe/berlin" }, "/timezone"],
    [{ startAt: "2027-01-02T00:00:00Z", endAt: "2027-01-01T00:00:00Z" }, "/endAt"],
    [{ endAt: "2026-11-20T09:30:00Z" }, "/endAt"],
    [{ input: { day: "{{nominal.dat}} {{now.date}}" } }, "/input/day"],
    [{ config: { a: "{{nominal" } }, "/config/a"],
    [{ misfire: { policy: "catch_up", max: 10_000_000 } }, "/misfire/max"],
    [{ overlap: "never" }, "/overlap"],
    [{ jitterSeconds: -1 }, "/jitterSeconds"],
  ])("%o is refused at %s, and nothing is stored", async (wrong, pointer) => {
    const yard = await openScheduleYard();
    const before = contents(yard);
    const body = { ...hourly, ...wrong };
    const reply = await yard.call("PUT", "/v1/schedules/tick", { body });
    expect(expectProblem(reply, 400, "invalid_field").pointer).toBe(pointer);
    expect(contents(yard)).toBe(before);
  });

  it("names the task, version or calendar that there is not", async () => {
    const yard = await openScheduleYard();
    const put = (body: object) => yard.call("PUT", "/v1/schedules/tick", { body });
    const task = expectProblem(await put({ ...hourly, task: "helo" }), 404, "task_not_found");
    expect([task.pointer, task.suggestion]).toEqual(["/task", 'did you mean "hello"?']);
    const version = await put({ ...hourly, version: 7 });
    expect(expectProblem(version, 404, "task_version_not_found").pointer).toBe("/version");
    const calendar = await put({ ...hourly, calendars: ["bank"] });
    expect(expectProblem(calendar, 404, "calendar_not_found").pointer).toBe("/calendars/0");
    expectProblem(await put({ ...hourly, colour: "red" }), 400, "unknown_field");
  });

  it("is taken with a warning where it may be meant so", async () => {
    const runs: LearnedRuns = {
      ...{ waitMs: {}, memoryMb: {}, runs: 9, timeouts: 0, outOfMemory: 0, lastAtMs: 0 },
      runMs: { [bucketOf(2 * hourMs)]: 9 },
    };
    const profile = { ...emptyProfile("acme", "hello", 1), learned: { local: { b0: runs } } };
    const routing = { ...fixedRouting([yardBackend]), profile: async () => profile };
    const yard = await openScheduleYard({ routing });
    const warningsOf = async (name: string, spec: object) =>
      (await schedule(yard, name, { ...hourly, ...spec })).body.warnings;
    expect(await warningsOf("long", { overlap: "allow" })).toEqual([
      expect.stringMatching(/1 h apart .* usually runs (1 h 5\d m|2 h.*): .*pile up/),
    ]);
    expect(await warningsOf("caught", { misfire: { policy: "catch_up" } })).toEqual([
      expect.stringContaining("caught up on are skipped"),
    ]);
    expect(await warningsOf("spread", { jitterSeconds: 3_600 })).toEqual([
      expect.stringContaining("jitter of 3600 s"),
    ]);
  });
});
