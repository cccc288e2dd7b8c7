import { SchedulerClient } from "@aws-sdk/client-scheduler";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openSchedulerMirror } from "../../../functions/adapters/aws/scheduler-mirror.ts";
import { IntakeMessage } from "../../../shared/contract/messages.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import { type StubServer, startStubServer } from "../platform/stub-server.ts";
import { nowMs, scheduleRecord } from "./records.ts";
import { refusal, StubScheduler } from "./scheduler-stub.ts";

let scheduler: StubScheduler;
let server: StubServer;
let client: SchedulerClient;
const place = {
  queueArn: "arn:aws:sqs:us-east-1:123456789012:intake",
  deadLettersArn: "arn:aws:sqs:us-east-1:123456789012:intake-dead",
  roleArn: "arn:aws:iam::123456789012:role/scheduler",
};
const open = () =>
  openSchedulerMirror({
    client,
    group: "switchyard-test",
    place,
    clock: { now: () => nowMs },
    pace: impatientPace(),
  });

beforeEach(async () => {
  scheduler = new StubScheduler();
  server = await startStubServer((request) => scheduler.answer(request));
  client = new SchedulerClient(clientSettings(server.endpoint));
});
afterEach(async () => {
  client.destroy();
  await server.close();
});

const key = "acme.nightly";
const reconcile = (...record: Parameters<typeof scheduleRecord>) =>
  open().reconcile("acme", "nightly", scheduleRecord(...record));

describe("a schedule at EventBridge Scheduler", () => {
  it("is made as its record says, and fires to the intake queue with dead letters", async () => {
    const outcome = await reconcile({ timezone: "Europe/Vienna" });
    expect(outcome).toEqual({ outcome: "changed", what: "created", differences: [] });
    expect(scheduler.schedules.get(key)).toMatchObject({
      GroupName: "switchyard-test",
      ScheduleExpression: "cron(30 2 * * ? *)",
      ScheduleExpressionTimezone: "Europe/Vienna",
      State: "ENABLED",
      FlexibleTimeWindow: { Mode: "OFF" },
      ActionAfterCompletion: "NONE",
      Target: {
        Arn: place.queueArn,
        RoleArn: place.roleArn,
        DeadLetterConfig: { Arn: place.deadLettersArn },
      },
    });
  });

  it("sends a message that the intake understands", async () => {
    await reconcile();
    const input = scheduler.schedules.get(key)?.Target.Input ?? "";
    expect(IntakeMessage.parse(JSON.parse(input))).toEqual({
      kind: "schedule",
      tenant: "acme",
      name: "nightly",
      generation: 3,
      scheduledTime: "<aws.scheduler.scheduled-time>",
      executionId: "<aws.scheduler.execution-id>",
    });
  });

  it("is left alone when it is as it should be", async () => {
    await reconcile();
    expect(await reconcile()).toEqual({ outcome: "same" });
    expect(scheduler.changes).toEqual([`created ${key}`]);
  });

  it("gets five plain cron fields in the six that EventBridge knows", async () => {
    await reconcile({ expression: "30 2 * * 1" });
    expect(scheduler.schedules.get(key)?.ScheduleExpression).toMatch(/^cron\(30 2 \? \* .+ \*\)$/);
  });

  it.each([
    ["the expression", { expression: "cron(45 2 * * ? *)" }, {}, ["expression"]],
    ["the zone", { timezone: "Asia/Kathmandu" }, {}, ["timezone"]],
    ["an end", { endAt: "2027-01-01T00:00:00Z" }, {}, ["endMs"]],
    ["a beginning to come", { startAt: "2027-01-01T00:00:00Z" }, {}, ["startMs"]],
    ["a pause", {}, { state: "paused" } as const, ["state"]],
    ["the generation", {}, { generation: 4 }, ["input"]],
  ])("follows a change of %s", async (_, spec, more, differences) => {
    await reconcile();
    expect(await reconcile(spec, more)).toEqual({
      outcome: "changed",
      what: "updated",
      differences,
    });
    expect(await reconcile(spec, more)).toEqual({ outcome: "same" });
  });
});

describe("the beginning and end of a schedule at EventBridge Scheduler", () => {
  it("let a rate count from one of our slots, and leave it alone once it does", async () => {
    const rate = { expression: "rate(5 minutes)" };
    await reconcile(rate);
    expect(scheduler.schedules.get(key)?.StartDate).toBe((nowMs - 1_000) / 1_000 + 300);
    expect(await reconcile(rate)).toEqual({ outcome: "same" });
    const later = scheduleRecord(rate, { anchorMs: nowMs - 31_000 });
    expect(await open().reconcile("acme", "nightly", later)).toMatchObject({
      what: "updated",
      differences: ["startMs"],
    });
  });

  it("are no more when the record has none", async () => {
    await reconcile({ endAt: "2027-01-01T00:00:00Z" });
    expect(await reconcile()).toMatchObject({ what: "updated", differences: ["endMs"] });
  });

  it("may lie in the past, which EventBridge does not want to hear of", async () => {
    expect(await reconcile({ startAt: "2020-01-01T00:00:00Z" })).toMatchObject({ what: "created" });
    expect(await reconcile({ startAt: "2020-01-01T00:00:00Z" })).toEqual({ outcome: "same" });
  });

  it.each([
    ["its record is gone", undefined],
    ["no slot will come any more", scheduleRecord({}, { state: "completed" })],
    ["its end has passed", scheduleRecord({ endAt: "2026-01-01T00:00:00Z" })],
  ])("is taken away when %s", async (_, record) => {
    await reconcile();
    const outcome = await open().reconcile("acme", "nightly", record);
    expect(outcome).toMatchObject({ outcome: "changed", what: "deleted" });
    expect(await open().reconcile("acme", "nightly", record)).toEqual({ outcome: "same" });
    expect(scheduler.schedules.size).toBe(0);
  });

  it("comes back right after it was taken away", async () => {
    await reconcile();
    await open().reconcile("acme", "nightly", undefined);
    expect(await reconcile()).toMatchObject({ what: "created" });
    expect(scheduler.schedules.has(key)).toBe(true);
  });
});

describe("a schedule of somebody else under our name", () => {
  const theirs = () => {
    const ours = scheduler.schedules.get(key);
    if (ours === undefined) throw new TypeError("there is none");
    const Target = { ...ours.Target, Arn: "arn:aws:sqs:us-east-1:123456789012:theirs" };
    scheduler.schedules.set(key, { ...ours, Description: "theirs", Target });
  };

  it("is never changed, and the reason is said", async () => {
    await reconcile();
    theirs();
    expect(await reconcile({ expression: "rate(5 minutes)" })).toEqual({
      outcome: "refused",
      reason: expect.stringContaining("not made by Switchyard"),
    });
    expect(scheduler.schedules.get(key)?.Description).toBe("theirs");
  });

  it("is not taken away either", async () => {
    await reconcile();
    theirs();
    expect(await open().reconcile("acme", "nightly", undefined)).toEqual({ outcome: "same" });
    expect(scheduler.schedules.has(key)).toBe(true);
  });
});

describe("requests to EventBridge Scheduler that go wrong", () => {
  const throttled = {
    kind: "refuse",
    answer: refusal("ThrottlingException", "slow down", 429),
  } as const;

  it.each([
    ["a lost answer", { kind: "apply-then-cut" } as const],
    ["a cut connection", { kind: "cut" } as const],
    ["throttling", throttled],
    [
      "a fault of the service",
      { kind: "refuse", answer: refusal("InternalServerException", "", 500) } as const,
    ],
  ])("leave one schedule, once each request had %s", async (_, fault) => {
    for (let at = 0; at < 4; at++) {
      await open().reconcile("acme", "nightly", undefined);
      scheduler.changes.length = 0;
      server.requests = 0;
      server.fault = (index) => (index === at ? fault : undefined);
      await reconcile();
      server.fault = undefined;
      expect(await reconcile()).toEqual({ outcome: "same" });
      expect(scheduler.changes).toEqual([`created ${key}`]);
    }
  });

  it("find what somebody else made in between, and look again", async () => {
    server.fault = (index) => {
      if (index !== 0) return undefined;
      // As if the look had come a moment earlier.
      return { kind: "refuse", answer: refusal("ResourceNotFoundException", "none", 404) };
    };
    scheduler.answer({
      method: "POST",
      path: `/schedules/${key}`,
      headers: {},
      body: Buffer.from(JSON.stringify(await inputOfOurs())),
    });
    expect(await reconcile()).toEqual({ outcome: "same" });
    expect(scheduler.changes).toEqual([`created ${key}`]);
  });

  it("say what EventBridge refused for good", async () => {
    server.fault = (_, { method }) =>
      method === "POST"
        ? { kind: "refuse", answer: refusal("ValidationException", "Invalid Schedule Expression") }
        : undefined;
    expect(await reconcile()).toEqual({
      outcome: "refused",
      reason: "CreateSchedule: Invalid Schedule Expression",
    });
  });

  it("are faults of the world while nothing answers", async () => {
    server.fault = () => throttled;
    await expect(reconcile()).rejects.toThrow(
      "scheduler:GetSchedule on switchyard-test/acme.nightly",
    );
  });

  async function inputOfOurs(): Promise<object> {
    const other = new StubScheduler();
    const twin = await startStubServer((request) => other.answer(request));
    const twinClient = new SchedulerClient(clientSettings(twin.endpoint));
    const mirror = openSchedulerMirror({
      client: twinClient,
      group: "switchyard-test",
      place,
      clock: { now: () => nowMs },
    });
    await mirror.reconcile("acme", "nightly", scheduleRecord());
    twinClient.destroy();
    await twin.close();
    const { changedAt: _, ...input } = other.schedules.get(key) ?? { changedAt: 0 };
    return { ...input, ClientToken: "of somebody else" };
  }
});

describe("the list of what is mirrored", () => {
  it("goes over all pages and names records, shortened names included", async () => {
    scheduler.pageSize = 2;
    const long = "n".repeat(60);
    await reconcile();
    for (const name of ["a", "b", long]) {
      await open().reconcile("acme", name, scheduleRecord({}, { name }));
    }
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await open().page(cursor);
      names.push(...page.items.map(({ tenant, name }) => `${tenant}/${name}`));
      cursor = page.next;
    } while (cursor !== undefined);
    expect(names.sort()).toEqual(["acme/a", "acme/b", "acme/nightly", `acme/${long}`].sort());
  });

  it("tells what is none of ours apart", async () => {
    await reconcile();
    const ours = scheduler.schedules.get(key);
    if (ours !== undefined) scheduler.schedules.set("by-hand", ours);
    const { items, foreign } = await open().page(undefined);
    expect(items).toEqual([{ tenant: "acme", name: "nightly", changedAtMs: nowMs }]);
    expect(foreign).toEqual(["by-hand"]);
  });
});
