import { LambdaClient } from "@aws-sdk/client-lambda";
import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  openSqsRecordHints,
  type SqsRecordHintsOptions,
} from "../../functions/adapters/aws/sqs-record-hints.ts";
import { IntakeMessage, MirrorMessage, WebhookCall } from "../../shared/contract/messages.ts";
import { limits } from "../../shared/core/limits.ts";
import type { RecordHint } from "../../shared/ports/record-hints.ts";
import { countingMeter } from "../contract/dynamo/local-dynamo.ts";
import { type AwsStub, brokenDown, startAwsStub } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace, readableLog } from "./stub/local-clients.ts";

let stub: AwsStub;
let client: SQSClient;
let lambda: LambdaClient;
let queueUrl = "";
beforeAll(async () => {
  stub = await startAwsStub();
  client = new SQSClient(clientSettings(stub.endpoint));
  lambda = new LambdaClient(clientSettings(stub.endpoint));
  queueUrl = stub.sqs.createQueue(stub.endpoint, "intake");
  for (const name of ["switchyard-mirror", "switchyard-webhook"]) stub.lambda.functions.add(name);
});
afterAll(async () => {
  client.destroy();
  lambda.destroy();
  await stub.close();
});
beforeEach(() => {
  stub.sqs.take(queueUrl);
  stub.lambda.take();
});
afterEach(() => expect(stub.violations).toEqual([]));

const nowMs = 1_795_208_400_000;

function open(more: Partial<SqsRecordHintsOptions> = {}) {
  const log = readableLog();
  const meter = countingMeter();
  const pace = impatientPace();
  const hints = openSqsRecordHints({
    clock: { now: () => nowMs },
    log,
    meter,
    pace,
    intake: { client, queueUrl },
    lambda: () => Promise.resolve(lambda),
    mirrorFunction: "switchyard-mirror",
    webhookFunction: "switchyard-webhook",
    ...more,
  });
  return { ...hints, log, meter };
}

const schedule: RecordHint = { kind: "schedule", tenant: "acme", name: "nightly" };
const mirror: RecordHint = { kind: "mirror", of: "trigger", tenant: "acme", name: "uploads" };
const delivery: RecordHint = { kind: "delivery", tenant: "acme", name: "ends", id: "dlv_1" };
const many = (count: number, hint: RecordHint): readonly RecordHint[] =>
  Array.from({ length: count }, (_, index) => ({ ...hint, name: `${hint.name}-${index}` }));

describe("hints about schedules, backfills and gates", () => {
  it("are messages that the intake understands, and say no more than where to look", async () => {
    const looks: readonly RecordHint[] = [
      schedule,
      { kind: "backfill", tenant: "acme", name: "nightly", id: "bkf_1" },
      { kind: "gate", tenant: "acme", name: "limit:api", id: "slots" },
    ];
    await open().send(looks);
    const bodies = stub.sqs.take(queueUrl).map(({ body }) => JSON.parse(body));
    expect(bodies).toEqual(looks);
    for (const body of bodies) expect(IntakeMessage.safeParse(body).success).toBe(true);
    expect(stub.lambda.take()).toEqual([]);
  });

  it("go out ten to a request, each with its own delay", async () => {
    const { send, meter } = open();
    const due = many(12, schedule).map((hint, index) => ({
      ...hint,
      notBeforeMs: nowMs + index * 1_500,
    }));
    await send(due);
    expect(meter.take("sqs.requests")).toBe(2);
    const delays = stub.sqs.take(queueUrl).map(({ delaySeconds }) => delaySeconds);
    expect(delays.sort((a, b) => a - b)).toEqual([0, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17]);
  });

  it("are left to the wakes where there is no queue, or none that answers", async () => {
    const log = readableLog();
    const quiet = openSqsRecordHints({
      clock: { now: () => nowMs },
      log,
      meter: countingMeter(),
      lambda: () => Promise.resolve(lambda),
    });
    await quiet.send([schedule]);
    expect(log.lines).toEqual([]);
    stub.fail("sqs", brokenDown, brokenDown);
    const broken = open();
    await broken.send([schedule]);
    expect(broken.log.lines).toMatchObject([
      { level: "warn", message: "hints about records not sent; the wakes bring them" },
    ]);
    expect(stub.sqs.take(queueUrl)).toEqual([]);
  });
});

describe("hints about mirrors and deliveries", () => {
  it("are calls to the functions that see to them, which nobody waits for", async () => {
    const { send, meter, mirrors } = open();
    expect(mirrors).toBe(true);
    await send([mirror, delivery]);
    const calls = stub.lambda.take();
    expect(calls.map(({ functionArn }) => functionArn).sort()).toEqual([
      "switchyard-mirror",
      "switchyard-webhook",
    ]);
    const payloadOf = (name: string) =>
      calls.find(({ functionArn }) => functionArn === name)?.payload;
    expect(MirrorMessage.parse(payloadOf("switchyard-mirror"))).toEqual({
      kind: "mirror",
      records: [{ of: "trigger", tenant: "acme", name: "uploads" }],
    });
    expect(WebhookCall.parse(payloadOf("switchyard-webhook"))).toEqual({
      kind: "deliveries",
      records: [{ tenant: "acme", name: "ends", id: "dlv_1" }],
    });
    expect(meter.take("lambda.requests")).toBe(2);
  });

  it("share a call as far as one may hold them", async () => {
    const most = limits.recordHintsPerCallMax;
    await open().send(many(2 * most + 1, mirror));
    const calls = stub.lambda.take().map(({ payload }) => MirrorMessage.parse(payload));
    const sizes = calls.map((call) => (call.kind === "mirror" ? call.records.length : 0));
    expect(sizes.sort((a, b) => b - a)).toEqual([most, most, 1]);
  });

  it("that are not due yet are left to the tick after their time, since calls cannot wait", async () => {
    await open().send([
      { ...delivery, notBeforeMs: nowMs + 1 },
      { ...mirror, notBeforeMs: nowMs },
    ]);
    expect(stub.lambda.take().map(({ functionArn }) => functionArn)).toEqual(["switchyard-mirror"]);
  });

  it("open no client where nobody is there to be called", async () => {
    const { send, mirrors } = open({
      lambda: () => Promise.reject(new Error("opened")),
      mirrorFunction: undefined,
      webhookFunction: undefined,
    });
    expect(mirrors).toBe(false);
    await send([mirror, delivery, schedule]);
    expect(stub.sqs.take(queueUrl)).toHaveLength(1);
  });

  it("are tried again, and then left to the wakes, one call at a time", async () => {
    const once = open();
    stub.fail("lambda", brokenDown);
    await once.send([mirror]);
    expect(once.log.lines).toEqual([]);
    expect(stub.lambda.take()).toHaveLength(1);
    stub.fail("lambda", brokenDown, brokenDown);
    const { send, log } = open({ webhookFunction: undefined });
    await send([mirror, schedule]);
    expect(log.lines).toMatchObject([
      { level: "warn", fields: { function: "switchyard-mirror", cause: expect.any(String) } },
    ]);
    expect(stub.sqs.take(queueUrl)).toHaveLength(1);
  });

  it("to a function that is not there are left to the wakes", async () => {
    const { send, log } = open({ mirrorFunction: "switchyard-gone" });
    await send([mirror]);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { function: "switchyard-gone" } }]);
  });
});
