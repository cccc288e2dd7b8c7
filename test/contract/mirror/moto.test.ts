import { CreateEventBusCommand, EventBridgeClient } from "@aws-sdk/client-eventbridge";
import {
  CreateScheduleGroupCommand,
  GetScheduleCommand,
  SchedulerClient,
} from "@aws-sdk/client-scheduler";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openRuleMirror } from "../../../functions/adapters/aws/rule-mirror.ts";
import { openSchedulerMirror } from "../../../functions/adapters/aws/scheduler-mirror.ts";
import { type MotoServer, motoAvailable, startMotoServer } from "../../fixtures/moto-server.ts";
import { clientSettings, impatientPace } from "../../handlers/stub/local-clients.ts";
import { scheduleRecord, triggerRecord } from "./records.ts";

const group = "switchyard-test";
const place = {
  queueArn: "arn:aws:sqs:us-east-1:123456789012:intake",
  deadLettersArn: "arn:aws:sqs:us-east-1:123456789012:intake-dead",
};

/** A second opinion from somebody else's idea of EventBridge, where that is installed. */
describe.skipIf(!motoAvailable())("mirroring to moto's EventBridge", () => {
  let moto: MotoServer | undefined;
  let scheduler: SchedulerClient;
  let events: EventBridgeClient;
  beforeAll(async () => {
    moto = await startMotoServer();
    scheduler = new SchedulerClient(clientSettings(moto.endpoint));
    events = new EventBridgeClient(clientSettings(moto.endpoint));
    await scheduler.send(new CreateScheduleGroupCommand({ Name: group }));
    await events.send(new CreateEventBusCommand({ Name: group }));
  }, 60_000);
  afterAll(async () => {
    scheduler?.destroy();
    events?.destroy();
    await moto?.stop();
  });

  it("makes a schedule, leaves it alone, changes it, lists it, and takes it away", async () => {
    const mirror = openSchedulerMirror({
      client: scheduler,
      group,
      place: { ...place, roleArn: "arn:aws:iam::123456789012:role/scheduler" },
      // Moto, too, refuses beginnings that have passed, by the clock of this machine.
      clock: { now: Date.now },
      pace: impatientPace(),
    });
    const rate = scheduleRecord({ expression: "rate(5 minutes)", timezone: "Europe/Vienna" });
    const tell = (record: typeof rate | undefined) => mirror.reconcile("acme", "nightly", record);
    expect(await tell(rate)).toMatchObject({ what: "created" });
    expect(await tell(rate)).toEqual({ outcome: "same" });
    const paused = { ...rate, state: "paused" } as const;
    expect(await tell(paused)).toMatchObject({ what: "updated", differences: ["state"] });
    expect(await tell(paused)).toEqual({ outcome: "same" });
    const kept = await scheduler.send(
      new GetScheduleCommand({ GroupName: group, Name: "acme.nightly" }),
    );
    expect(kept).toMatchObject({ State: "DISABLED", ScheduleExpression: "rate(5 minutes)" });
    const { items, foreign } = await mirror.page(undefined);
    expect(items).toMatchObject([{ tenant: "acme", name: "nightly" }]);
    expect(foreign).toEqual([]);
    expect(await tell(undefined)).toMatchObject({ what: "deleted" });
    expect(await tell(undefined)).toEqual({ outcome: "same" });
  });

  it("makes a rule with its target, leaves it alone, changes it, lists it, and takes it away", async () => {
    const mirror = openRuleMirror({
      client: events,
      busName: group,
      defaultBus: true,
      rulePrefix: "switchyard-test.",
      owner: "switchyard-test",
      place,
      pace: impatientPace(),
    });
    const tell = (record: ReturnType<typeof triggerRecord> | undefined) =>
      mirror.reconcile("acme", "uploads", record);
    expect(await tell(triggerRecord())).toMatchObject({ what: "created" });
    expect(await tell(triggerRecord())).toEqual({ outcome: "same" });
    const other = triggerRecord({ pattern: { source: ["market"], detail: { size: [1, 2] } } });
    expect(await tell(other)).toMatchObject({ what: "updated", differences: ["pattern"] });
    expect(await tell(other)).toEqual({ outcome: "same" });
    const { items } = await mirror.page(undefined);
    expect(items).toMatchObject([{ tenant: "acme", name: "uploads" }]);
    expect(await tell(undefined)).toMatchObject({ what: "deleted" });
    expect(await tell(undefined)).toEqual({ outcome: "same" });
  });
});
