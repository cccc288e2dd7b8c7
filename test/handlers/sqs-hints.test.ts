import { SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type FairBy, openSqsHints } from "../../functions/adapters/aws/sqs-hints.ts";
import type { Hint } from "../../shared/ports/hints.ts";
import { countingMeter } from "../contract/dynamo/local-dynamo.ts";
import { type AwsStub, brokenDown, startAwsStub, throttled } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace, readableLog } from "./stub/local-clients.ts";

let stub: AwsStub;
let client: SQSClient;
beforeAll(async () => {
  stub = await startAwsStub();
  client = new SQSClient(clientSettings(stub.endpoint));
});
afterAll(async () => {
  client.destroy();
  await stub.close();
});
afterEach(() => expect(stub.violations).toEqual([]));

const nowMs = 1_795_208_400_000;

function open(fairBy: FairBy = "off") {
  const queueUrl = stub.sqs.createQueue(stub.endpoint, `queue-${Math.random()}`);
  const log = readableLog();
  const meter = countingMeter();
  const pace = impatientPace();
  const clock = { now: () => nowMs };
  const hints = openSqsHints({ client, queueUrl, fairBy, clock, log, meter, pace });
  return { hints, queueUrl, log, meter, pace };
}

function manyHints(count: number, more: Partial<Hint> = {}): readonly Hint[] {
  return Array.from({ length: count }, (_, index) => ({
    tenant: "acme",
    instanceId: `ins_${String(index).padStart(4, "0")}`,
    ...more,
  }));
}

const idsOf = (queueUrl: string) =>
  stub.sqs.take(queueUrl).map(({ body }) => JSON.parse(body).instanceId);

describe("hints over SQS", () => {
  it("go out ten to a request, each request counted", async () => {
    const { hints, queueUrl, meter } = open();
    const requestsBefore = stub.sqs.requests;
    await hints.send(manyHints(25));
    expect(stub.sqs.requests - requestsBefore).toBe(3);
    expect(meter.take("sqs.requests")).toBe(3);
    expect(idsOf(queueUrl).sort()).toEqual(manyHints(25).map(({ instanceId }) => instanceId));
  });

  it("say where to look and nothing else", async () => {
    const { hints, queueUrl } = open();
    await hints.send(manyHints(1, { priority: 9 }));
    const [message] = stub.sqs.take(queueUrl);
    expect(JSON.parse(message?.body ?? "")).toEqual({
      kind: "hint",
      tenant: "acme",
      instanceId: "ins_0000",
    });
    expect(message?.groupId).toBeUndefined();
  });

  it("name their tenant where the queue is to be fair", async () => {
    const { hints, queueUrl } = open("tenant");
    await hints.send(manyHints(2, { lane: "reports" }));
    expect(stub.sqs.take(queueUrl).map(({ groupId }) => groupId)).toEqual(["acme", "acme"]);
  });

  it("name their lane where it is to be fair within one tenant, or else the tenant", async () => {
    const { hints, queueUrl } = open("lane");
    await hints.send([...manyHints(1, { lane: "reports" }), ...manyHints(1)]);
    const groups = stub.sqs.take(queueUrl).map(({ groupId }) => groupId);
    expect(groups).toEqual(["reports", "acme"]);
  });

  it.each([
    ["at once when due", nowMs - 5_000, 0],
    ["at once when due this very moment", nowMs, 0],
    ["never early: a started second counts whole", nowMs + 1, 1],
    ["after their delay", nowMs + 30_000, 30],
    ["after a quarter of an hour at most, which SQS allows", nowMs + 3_600_000, 900],
  ])("arrive %s", async (_, notBeforeMs, delaySeconds) => {
    const { hints, queueUrl } = open();
    await hints.send(manyHints(1, { notBeforeMs }));
    expect(stub.sqs.take(queueUrl)[0]?.delaySeconds).toBe(delaySeconds);
  });

  it("need no request when there are none", async () => {
    const { hints, meter } = open();
    await hints.send([]);
    expect(meter.take("sqs.requests")).toBe(0);
  });
});

describe("hints that SQS does not take", () => {
  it("are sent again when only some were refused, and only those", async () => {
    const { hints, queueUrl, log } = open();
    stub.sqs.refuseNext = (_, index) => index % 2 === 0;
    await hints.send(manyHints(5));
    expect(idsOf(queueUrl).sort()).toEqual(manyHints(5).map(({ instanceId }) => instanceId));
    expect(log.lines).toEqual([]);
  });

  it.each([
    ["a throttled request", [throttled]],
    ["a broken service", [brokenDown]],
    ["a cut connection", [{ kind: "cut" } as const]],
  ])("are sent again after %s", async (_, faults) => {
    const { hints, queueUrl, pace } = open();
    stub.fail("sqs", ...faults);
    await hints.send(manyHints(3));
    expect(idsOf(queueUrl)).toHaveLength(3);
    expect(pace.waits).toHaveLength(1);
  });

  it("may arrive twice when the answer was lost, which harms nothing", async () => {
    const { hints, queueUrl, log } = open();
    stub.fail("sqs", { kind: "apply-then-cut" });
    await hints.send(manyHints(1));
    expect(idsOf(queueUrl)).toEqual(["ins_0000", "ins_0000"]);
    expect(log.lines).toEqual([]);
  });

  it("are logged and forgotten after a few tries, without an error for the sender", async () => {
    const { hints, queueUrl, log } = open();
    stub.fail("sqs", throttled, throttled);
    await hints.send(manyHints(3));
    expect(idsOf(queueUrl)).toEqual([]);
    expect(log.lines).toMatchObject([
      { level: "warn", message: "hints not sent; the wakes bring them", fields: { hints: 3 } },
    ]);
  });

  it("do not hold up the other batches", async () => {
    const { hints, queueUrl, log } = open();
    stub.fail("sqs", { kind: "refuse", status: 403, code: "AccessDenied" });
    await hints.send(manyHints(20));
    expect(idsOf(queueUrl)).toHaveLength(10);
    expect(log.lines).toMatchObject([{ level: "warn", fields: { hints: 10 } }]);
  });
});
