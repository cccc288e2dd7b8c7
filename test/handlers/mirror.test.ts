import { beforeEach, expect, it } from "vitest";
import { busName, mirrorEnvironment, mirrorFunction } from "./deployment.ts";
import { tickEvent } from "./lambda-events.ts";
import type { StubFault } from "./stub/aws-stub.ts";
import { openTimeRecords } from "./time-records.ts";
import { describeDeployed, useYard } from "./use-yard.ts";

const here = useYard();
const records = openTimeRecords(here);
const hourly = { expression: "rate(1 hour)", task: "resize" };
const uploads = { pattern: { source: ["shop"] }, task: "resize" };

beforeEach(() => {
  const { stub, logs } = here.deployment;
  stub.lambda.functions.add(mirrorFunction);
  stub.lambda.take();
  stub.scheduler.takeChanges();
  logs.take();
  logs.takeMetrics();
});

const scheduleAt = (name: string) =>
  here.deployment.stub.scheduler.schedules.get(`default.${name}`);
const ruleAt = (name: string) =>
  here.deployment.stub.rules.rules.get(`${busName}/switchyard-test.default.${name}`);
const sweep = () =>
  here.deployment.functions.mirror({ kind: "sweep", scheduledAt: "2026-11-20T21:00:00Z" });

async function defineMirrored(kind: "schedules" | "triggers", name: string, body: object) {
  await records.define(kind, name, body);
  expect(await records.mirror()).toBe(1);
}

describeDeployed("a schedule at EventBridge Scheduler", () => {
  it("is made by its definition, fires to the intake, and its record says so", async () => {
    await defineMirrored("schedules", "made", { ...hourly, timezone: "Europe/Vienna" });
    const { anchorMs, mirror } = await records.schedule("made");
    expect(mirror).toMatchObject({ state: "in_sync" });
    expect(scheduleAt("made")).toMatchObject({
      GroupName: "switchyard-test",
      ScheduleExpression: "rate(1 hour)",
      ScheduleExpressionTimezone: "Europe/Vienna",
      StartDate: anchorMs / 1_000 + 3_600,
      State: "ENABLED",
      Target: {
        Arn: mirrorEnvironment.INTAKE_QUEUE_ARN,
        RoleArn: mirrorEnvironment.SCHEDULER_ROLE_ARN,
        DeadLetterConfig: { Arn: mirrorEnvironment.INTAKE_DEAD_LETTERS_ARN },
      },
    });
  });

  it("rests while it is paused, goes on when it is resumed, and is gone when it is deleted", async () => {
    await defineMirrored("schedules", "passing", hourly);
    await records.act("schedules", "passing", "pause");
    await records.mirror();
    expect(scheduleAt("passing")?.State).toBe("DISABLED");
    await records.act("schedules", "passing", "resume");
    await records.mirror();
    expect(scheduleAt("passing")?.State).toBe("ENABLED");
    await records.remove("schedules", "passing");
    await records.mirror();
    expect(scheduleAt("passing")).toBeUndefined();
    const changes = ["created", "updated", "updated", "deleted"];
    expect(here.deployment.stub.scheduler.takeChanges()).toEqual(
      changes.map((change) => `${change} default.passing`),
    );
  });

  it("is made once when the answer is lost, and when the call comes twice", async () => {
    const { stub, functions } = here.deployment;
    await records.define("schedules", "unheard", hourly);
    const [call] = stub.lambda.take();
    const lost: StubFault = { kind: "apply-then-cut" };
    stub.fail("scheduler", { kind: "none" }, lost);
    await functions.mirror(call?.payload);
    await functions.mirror(call?.payload);
    expect(stub.scheduler.takeChanges()).toEqual(["created default.unheard"]);
    expect((await records.schedule("unheard")).mirror).toMatchObject({ state: "in_sync" });
  });

  it("is made through its wake when nobody heard the call", async () => {
    await records.define("schedules", "unasked", hourly);
    records.loseCalls();
    await records.change("unasked", (schedule) => ({ ...schedule, wakeAtMs: Date.now() - 1_000 }));
    await here.deployment.functions.timekeeper(tickEvent());
    const looks = here.deployment.stub.sqs.take(here.deployment.intakeQueueUrl);
    expect(await records.arrive(...looks.map(({ body }) => body))).toEqual([]);
    await records.mirror();
    expect(scheduleAt("unasked")).toBeDefined();
    expect((await records.schedule("unasked")).mirror).toMatchObject({ state: "in_sync" });
  });
});

describeDeployed("a schedule that cannot be made at EventBridge Scheduler", () => {
  it("is told to people when EventBridge refuses it, and its record says why", async () => {
    const { stub, logs } = here.deployment;
    await records.define("schedules", "refused", hourly);
    const quota = "ServiceQuotaExceededException";
    stub.fail("scheduler", { kind: "none" }, { kind: "refuse", status: 402, code: quota });
    await records.mirror();
    expect((await records.schedule("refused")).mirror).toMatchObject({
      state: "failed",
      error: expect.stringContaining("CreateSchedule"),
    });
    expect(logs.takeMetrics()).toMatchObject([{ Stage: "test", MirrorFailures: 1 }]);
    expect(logs.take()).toContainEqual(
      expect.objectContaining({ level: "error", message: "mirror refused", name: "refused" }),
    );
  });

  it("leaves alone what is somebody else's under the same name", async () => {
    const { schedules } = here.deployment.stub.scheduler;
    await defineMirrored("schedules", "taken", hourly);
    const ours = scheduleAt("taken");
    if (ours === undefined) throw new TypeError("there is none");
    const theirs = {
      ...ours,
      Description: "theirs",
      Target: { ...ours.Target, Arn: "arn:theirs" },
    };
    schedules.set("default.taken", theirs);
    await records.act("schedules", "taken", "pause");
    await records.mirror();
    await sweep();
    await records.remove("schedules", "taken");
    await records.mirror();
    expect(scheduleAt("taken")).toBe(theirs);
    schedules.delete("default.taken");
  });
});

describeDeployed("the sweep that compares what is mirrored", () => {
  beforeEach(async () => {
    // What the tests before left is brought in order first.
    await sweep();
    here.deployment.logs.takeMetrics();
    here.deployment.stub.scheduler.takeChanges();
  });
  const metrics = () => here.deployment.logs.takeMetrics();

  it("finds nothing to do where all is in order", async () => {
    await sweep();
    expect(here.deployment.stub.scheduler.takeChanges()).toEqual([]);
    expect(metrics()).toEqual([]);
  });

  it("puts right schedules that were changed, deleted or left behind outside, and counts them", async () => {
    const { schedules } = here.deployment.stub.scheduler;
    await defineMirrored("schedules", "changed", hourly);
    await defineMirrored("schedules", "vanished", hourly);
    await defineMirrored("schedules", "forgotten", hourly);
    const changed = scheduleAt("changed");
    if (changed === undefined) throw new TypeError("there is none");
    schedules.set("default.changed", { ...changed, State: "DISABLED" });
    schedules.delete("default.vanished");
    await records.remove("schedules", "forgotten");
    records.loseCalls();
    await sweep();
    expect(scheduleAt("changed")?.State).toBe("ENABLED");
    expect(scheduleAt("vanished")).toBeDefined();
    expect(scheduleAt("forgotten")).toBeUndefined();
    expect(metrics()).toMatchObject([{ Stage: "test", MirrorDrift: 3 }]);
  });

  it("puts right rules that were changed outside, and leaves alone those of others", async () => {
    const { rules } = here.deployment.stub.rules;
    await defineMirrored("triggers", "drifting", uploads);
    const target = { Id: "theirs", Arn: "arn:aws:sqs:us-east-1:123456789012:theirs" };
    ruleAt("drifting")?.targets.set(target.Id, target);
    const key = `${busName}/switchyard-test.by-hand`;
    const byHand = {
      Name: "switchyard-test.by-hand",
      Arn: "arn:aws:events:us-east-1:123456789012:rule/switchyard-test/switchyard-test.by-hand",
      EventBusName: busName,
      Tags: [],
      targets: new Map([[target.Id, target]]),
    };
    rules.set(key, byHand);
    await sweep();
    expect([...(ruleAt("drifting")?.targets.keys() ?? [])]).toEqual(["intake"]);
    expect(rules.get(key)).toBe(byHand);
    expect(metrics()).toMatchObject([{ MirrorDrift: 1 }]);
    rules.delete(key);
  });
});

describeDeployed("a trigger's rule at EventBridge", () => {
  it("lets matching events through to the intake, and its record says so", async () => {
    await defineMirrored("triggers", "made", uploads);
    expect((await records.trigger("made")).mirror).toMatchObject({ state: "in_sync" });
    const rule = ruleAt("made");
    expect(rule).toMatchObject({ EventPattern: '{"source":["shop"]}', State: "ENABLED" });
    expect([...(rule?.targets.values() ?? [])]).toMatchObject([
      { Id: "intake", Arn: mirrorEnvironment.INTAKE_QUEUE_ARN },
    ]);
  });

  it("follows a new pattern, a pause and a deletion", async () => {
    await defineMirrored("triggers", "passing", uploads);
    const path = "/v1/triggers/passing";
    const body = { ...uploads, pattern: { source: ["market"] } };
    await here.yard.http({ method: "PUT", path, body });
    await records.mirror();
    expect(ruleAt("passing")?.EventPattern).toBe('{"source":["market"]}');
    await records.act("triggers", "passing", "pause");
    await records.mirror();
    expect(ruleAt("passing")?.State).toBe("DISABLED");
    await records.remove("triggers", "passing");
    await records.mirror();
    expect(ruleAt("passing")).toBeUndefined();
  });

  it("is whole in the end when an answer was lost half way", async () => {
    const { stub } = here.deployment;
    await records.define("triggers", "unheard", uploads);
    // Describing, and then putting the rule: its target is still missing.
    stub.fail("rules", { kind: "none" }, { kind: "apply-then-cut" });
    await records.mirror();
    expect(ruleAt("unheard")?.targets.size).toBe(1);
    expect((await records.trigger("unheard")).mirror).toMatchObject({ state: "in_sync" });
  });

  it("of somebody else under the same name is left alone, and the record says so", async () => {
    const { rules } = here.deployment.stub.rules;
    const key = `${busName}/switchyard-test.default.taken`;
    const theirs = {
      Name: "switchyard-test.default.taken",
      Arn: "arn:aws:events:us-east-1:123456789012:rule/switchyard-test/switchyard-test.default.taken",
      EventBusName: busName,
      Tags: [],
      targets: new Map(),
    };
    rules.set(key, theirs);
    await records.define("triggers", "taken", uploads);
    await records.mirror();
    expect(rules.get(key)).toBe(theirs);
    expect((await records.trigger("taken")).mirror).toMatchObject({
      state: "failed",
      error: expect.stringContaining("not made by Switchyard"),
    });
    await records.remove("triggers", "taken");
    await records.mirror();
    expect(rules.get(key)).toBe(theirs);
    rules.delete(key);
  });
});
