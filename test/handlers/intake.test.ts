import { beforeEach, expect, it } from "vitest";
import { mirrorFunction } from "./deployment.ts";
import { tickEvent } from "./lambda-events.ts";
import { earlier, openTimeRecords } from "./time-records.ts";
import { describeDeployed, useYard } from "./use-yard.ts";

const here = useYard();
const records = openTimeRecords(here);
const { arrive, define, schedule } = records;

beforeEach(() => {
  const { stub, intakeQueueUrl, dispatchQueueUrl, logs } = here.deployment;
  stub.lambda.functions.add(mirrorFunction);
  stub.lambda.take();
  stub.sqs.take(intakeQueueUrl);
  stub.sqs.take(dispatchQueueUrl);
  logs.take();
  logs.takeMetrics();
});

async function instancesOf(filter: string): Promise<readonly { readonly id: string }[]> {
  const answer = await here.yard.http({ method: "GET", path: "/v1/instances", query: filter });
  return answer.body.items;
}

const makeDue = (name: string) => records.change(name, (schedule) => earlier(schedule, 61_000));

const firingOf = (name: string, executionId: string) => ({
  kind: "schedule",
  tenant: "default",
  name,
  generation: 1,
  scheduledTime: "2026-11-20T21:00:00Z",
  executionId,
});

describeDeployed("a schedule on AWS", () => {
  it("is mirrored as soon as it is defined", async () => {
    await define("schedules", "hourly", { expression: "rate(1 hour)", task: "resize" });
    expect(here.deployment.stub.lambda.take()).toMatchObject([
      {
        functionArn: mirrorFunction,
        payload: {
          kind: "mirror",
          records: [{ of: "schedule", tenant: "default", name: "hourly" }],
        },
      },
    ]);
    expect((await schedule("hourly")).mirror).toMatchObject({ state: "pending" });
  });

  it("makes one instance of one slot, however often and from whom the firing comes", async () => {
    await define("schedules", "minutely", { expression: "rate(1 minute)", task: "resize" });
    await makeDue("minutely");
    const firings = ["one", "two", "three"].map((id) => firingOf("minutely", id));
    expect(
      await arrive(...firings, { kind: "schedule", tenant: "default", name: "minutely" }),
    ).toEqual([]);
    expect(await arrive(...firings)).toEqual([]);
    const { latest } = await schedule("minutely");
    expect(latest).toBeDefined();
    const made = await instancesOf("task=resize");
    expect(made.filter(({ id }) => id === latest?.instanceId)).toHaveLength(1);
    const hints = here.deployment.stub.sqs.take(here.deployment.dispatchQueueUrl);
    expect(hints.some(({ body }) => body.includes(latest?.instanceId ?? "none"))).toBe(true);
  });

  it("is looked at through the intake queue when its wake has come", async () => {
    const { stub, functions, intakeQueueUrl } = here.deployment;
    await define("schedules", "woken", { expression: "rate(1 minute)", task: "resize" });
    await makeDue("woken");
    stub.sqs.take(intakeQueueUrl);
    await functions.timekeeper(tickEvent());
    const looks = stub.sqs.take(intakeQueueUrl).map(({ body }) => JSON.parse(body));
    expect(looks).toContainEqual({ kind: "schedule", tenant: "default", name: "woken" });
  });

  it("harms nobody by a firing that comes after it was deleted", async () => {
    await define("schedules", "short", { expression: "rate(1 minute)", task: "resize" });
    await here.yard.http({ method: "DELETE", path: "/v1/schedules/short" });
    expect(await arrive(firingOf("short", "late"))).toEqual([]);
    const asked = here.deployment.stub.lambda.take().map(({ payload }) => payload);
    expect(asked).toContainEqual({
      kind: "mirror",
      records: [{ of: "schedule", tenant: "default", name: "short" }],
    });
  });
});

describeDeployed("what arrives at the intake", () => {
  const busEvent = {
    version: "0",
    id: "5c1a7a2e-0000-4000-8000-000000000001",
    "detail-type": "Object Created",
    source: "shop",
    account: "123456789012",
    time: "2026-11-20T21:00:00Z",
    region: "us-east-1",
    resources: [],
    detail: { key: "cat.jpg" },
  };

  it("makes one instance of an event that comes twice", async () => {
    await define("triggers", "uploads", { pattern: { source: ["shop"] }, task: "resize" });
    const message = { kind: "event", tenant: "default", trigger: "uploads", event: busEvent };
    expect(await arrive(message, message)).toEqual([]);
    expect(await arrive(message)).toEqual([]);
    const made = await instancesOf("limit=500");
    const full = await Promise.all(made.map(({ id }) => here.yard.instance(id)));
    const byEvent = full.filter(
      ({ origin }) => origin?.kind === "event" && origin.eventId === busEvent.id,
    );
    expect(byEvent).toHaveLength(1);
  });

  it("may be what a bucket sends, once although it comes twice", async () => {
    await define("triggers", "pictures", { pattern: { source: ["aws.s3"] }, task: "resize" });
    const notification = {
      Records: [
        {
          eventVersion: "2.1",
          eventSource: "aws:s3",
          awsRegion: "us-east-1",
          eventTime: "2026-11-20T21:00:00.000Z",
          eventName: "ObjectCreated:Put",
          userIdentity: { principalId: "AWS:AIDA" },
          requestParameters: { sourceIPAddress: "203.0.113.7" },
          responseElements: { "x-amz-request-id": "C3D13FE58DE4C810" },
          s3: {
            s3SchemaVersion: "1.0",
            bucket: { name: "pictures", arn: "arn:aws:s3:::pictures" },
            object: { key: "cat.jpg", size: 1_024, eTag: "d41d", sequencer: "0055AED6DCD90281E5" },
          },
        },
      ],
    };
    expect(await arrive(notification, notification)).toEqual([]);
    const made = await Promise.all(
      (await instancesOf("limit=500")).map(({ id }) => here.yard.instance(id)),
    );
    const byTrigger = made.filter(
      ({ origin }) => origin?.kind === "event" && origin.trigger === "pictures",
    );
    expect(byTrigger).toHaveLength(1);
  });

  it("goes to the dead letters when it cannot be read, and holds up nothing else", async () => {
    const truncated = '{"kind":"event","tenant":"default","event":{"id":"5c1';
    const strange = { kind: "order", tenant: "default" };
    const good = { kind: "schedule", tenant: "default", name: "unknown" };
    expect(await arrive(truncated, good, strange)).toEqual([truncated, JSON.stringify(strange)]);
    const lines = here.deployment.logs.take();
    expect(JSON.stringify(lines)).toContain("message failed; it is delivered again");
    const metric = { Stage: "test", MessagesUnreadable: 1 };
    expect(here.deployment.logs.takeMetrics()).toMatchObject([metric, metric]);
  });
});
