import { describe, expect, it } from "vitest";
import { limits } from "../../shared/core/limits.ts";
import { eventYard, instancesOf, sold, trigger } from "./event-yard.ts";
import { type CallOptions, contents, expectProblem, type Yard } from "./yard.ts";

const everything = { pattern: { source: [{ exists: true }], detail: { n: [7] } }, task: "hello" };
const detail = { n: 7 };
const whole = { source: "shop", "detail-type": "Sold", detail };
const cloud = { specversion: "1.0", id: "c-1", source: "/shop", type: "com.shop.sold" };

async function items(yard: Yard, options: CallOptions) {
  const reply = await yard.call("POST", "/v1/events", options);
  expect(reply.status, reply.text).toBe(200);
  return reply.body.items;
}

const s3Record = (eventName: string) => ({
  eventVersion: "2.1",
  eventSource: "aws:s3",
  awsRegion: "eu-central-1",
  eventTime: "2026-11-20T08:59:59.000Z",
  eventName,
  requestParameters: { sourceIPAddress: "10.0.0.7" },
  responseElements: { "x-amz-request-id": "R1" },
  s3: {
    bucket: { name: "orders", arn: "arn:aws:s3:::orders" },
    object: { key: "in+box/order%201.json", size: 12, eTag: "abc", sequencer: "005" },
  },
});

const forms: [string, CallOptions, object][] = [
  [
    "as entries",
    { body: { entries: [{ source: "shop", detailType: "Sold", detail, resources: ["r"] }] } },
    { source: "shop", "detail-type": "Sold", detail, resources: ["r"] },
  ],
  [
    "as entries of PutEvents",
    {
      body: {
        Entries: [
          { Source: "shop", DetailType: "Sold", Detail: '{"n":7}', EventBusName: "default" },
        ],
      },
    },
    { source: "shop", "detail-type": "Sold", detail },
  ],
  [
    "as a whole event of EventBridge",
    { body: { ...whole, version: "0", id: "e-9", account: "1", region: "r", resources: [] } },
    { ...whole, id: "e-9", account: "1", region: "r" },
  ],
  [
    "as a structured CloudEvent",
    {
      body: { ...cloud, subject: "o-1", data: detail, traceparent: "00-1", dataschema: "s" },
      headers: { "content-type": "application/cloudevents+json; charset=utf-8" },
    },
    {
      id: "c-1",
      source: "/shop",
      "detail-type": "com.shop.sold",
      resources: ["o-1"],
      detail: { n: 7, cloudEvent: { traceparent: "00-1", dataschema: "s" } },
    },
  ],
  [
    "as a CloudEvent in headers",
    {
      body: detail,
      headers: {
        "ce-specversion": "1.0",
        "ce-id": "c-2",
        "ce-source": "/shop%20one",
        "ce-type": "com.shop.sold",
        "ce-time": "2026-11-20T08:00:00Z",
      },
    },
    { id: "c-2", source: "/shop one", "detail-type": "com.shop.sold", detail },
  ],
  [
    "as messages of SQS",
    {
      body: {
        Records: [{ messageId: "m", eventSource: "aws:sqs", body: JSON.stringify(whole) }],
      },
    },
    whole,
  ],
  [
    "as messages of SNS in SQS",
    {
      body: {
        Records: [
          {
            eventSource: "aws:sqs",
            body: JSON.stringify({ Type: "Notification", Message: JSON.stringify(whole) }),
          },
        ],
      },
    },
    whole,
  ],
];

describe("events come", () => {
  it.each(forms)("%s", async (_, options, input) => {
    const yard = await eventYard();
    await trigger(yard, "all", everything);
    const [item] = await items(yard, options);
    expect(item).toMatchObject({ status: 200, taken: [{ outcome: "submitted" }] });
    expect((await yard.instance(item.taken[0].instanceId)).input).toMatchObject(input);
  });

  it("as a batch of CloudEvents, each with its own answer", async () => {
    const yard = await eventYard();
    await trigger(yard, "all", everything);
    const body = [
      { ...cloud, data: detail },
      { ...cloud, id: "c-2", data: [7] },
      { ...cloud, specversion: "0.3" },
    ];
    const headers = { "content-type": "application/cloudevents-batch+json" };
    const [first, second, third] = await items(yard, { body, headers });
    expect(first.taken).toHaveLength(1);
    expect(second).toEqual({ status: 200, eventId: "c-2", taken: [] });
    expect(third).toMatchObject({ status: 400, error: { pointer: "/2/specversion" } });
  });

  it("as notifications of S3 on the owner's own machine, as EventBridge would tell of them", async () => {
    const yard = await eventYard({ allowLoopbackOnly: true });
    await trigger(yard, "uploads", {
      pattern: { source: ["aws.s3"], "detail-type": ["Object Created"] },
      task: "hello",
    });
    const body = { Records: [s3Record("ObjectCreated:Put"), s3Record("ObjectRemoved:Delete")] };
    const headers = { host: "127.0.0.1:4700" };
    const [created, removed] = await items(yard, { body, headers });
    expect(removed.taken).toEqual([]);
    const [again] = await items(yard, { body, headers });
    expect(again.taken[0]).toEqual({ ...created.taken[0], repeated: true });
    expect((await yard.instance(created.taken[0].instanceId)).input).toMatchObject({
      source: "aws.s3",
      "detail-type": "Object Created",
      region: "eu-central-1",
      time: "2026-11-20T08:59:59.000Z",
      resources: ["arn:aws:s3:::orders"],
      detail: {
        bucket: { name: "orders" },
        object: { key: "in box/order 1.json", size: 12, etag: "abc", sequencer: "005" },
        "request-id": "R1",
        "source-ip-address": "10.0.0.7",
        reason: "Put",
      },
    });
    expect(
      await items(yard, { body: { Service: "Amazon S3", Event: "s3:TestEvent" }, headers }),
    ).toEqual([]);
  });
});

const hostile: [string, object, number, string, string][] = [
  ["claims to be of AWS", { ...sold, source: "aws.s3" }, 403, "forbidden", ""],
  ["claims to be of AWS in capitals", { ...sold, source: "AWS.ec2" }, 403, "forbidden", ""],
  [
    "claims to be our own",
    { ...sold, source: "switchyard" },
    400,
    "invalid_field",
    "/entries/0/source",
  ],
  ["has no source", { detailType: "Sold", detail }, 400, "invalid_field", "/entries/0/source"],
  ["has no detail type", { source: "shop", detail }, 400, "invalid_field", "/entries/0/detailType"],
  [
    "has no detail",
    { source: "shop", detailType: "Sold" },
    400,
    "invalid_field",
    "/entries/0/detail",
  ],
  [
    "has a detail that is no JSON",
    { ...sold, detail: "{n:7}" },
    400,
    "invalid_field",
    "/entries/0/detail",
  ],
  ["has a list as its detail", { ...sold, detail: [7] }, 400, "invalid_field", "/entries/0/detail"],
  [
    "has a field there is not",
    { ...sold, tenantId: "evil" },
    400,
    "unknown_field",
    "/entries/0/tenantId",
  ],
  [
    "has a time that is none",
    { ...sold, time: "yesterday" },
    400,
    "invalid_field",
    "/entries/0/time",
  ],
  ["has an empty id", { ...sold, id: "" }, 400, "invalid_field", "/entries/0/id"],
  [
    "has a far too long id",
    { ...sold, id: "x".repeat(300) },
    400,
    "invalid_field",
    "/entries/0/id",
  ],
  [
    "is too large",
    { ...sold, detail: { text: "x".repeat(limits.eventBytesMax) } },
    413,
    "payload_too_large",
    "/entries/0",
  ],
];

describe("an event is refused", () => {
  it.each(hostile)(
    "when it %s, and the next one is not",
    async (_, entry, status, code, pointer) => {
      const yard = await eventYard();
      await trigger(yard, "all", everything);
      const [refused, taken] = await items(yard, { body: { entries: [entry, sold] } });
      expect(refused).toMatchObject({ status, error: { status, code } });
      expect(refused.error.pointer ?? "").toBe(pointer);
      expect(taken.taken).toHaveLength(1);
      expect(instancesOf(yard)).toHaveLength(1);
    },
  );

  it.each<[string, unknown]>([
    ["is of no known form", { hello: 1 }],
    ["is a message whose body is no JSON", { Records: [{ eventSource: "aws:sqs", body: "{" }] }],
    ["is a record of something else", { Records: [{ eventSource: "aws:kinesis" }] }],
    ["is wrapped again and again", wrapped(6)],
    ["is a notification of S3 from who knows where", { Records: [s3Record("ObjectCreated:Put")] }],
    ["is a broken notification of S3", { Records: [{ eventSource: "aws:s3", s3: {} }] }],
  ])("when it %s", async (_, body) => {
    const yard = await eventYard();
    const pattern = { source: [{ "anything-but": "switchyard" }] };
    await trigger(yard, "all", { ...everything, pattern });
    const before = contents(yard);
    const [item] = await items(yard, { body });
    expect(item.status).toBeGreaterThanOrEqual(400);
    expect(contents(yard)).toBe(before);
  });

  it("together with all others of a request that has too many", async () => {
    const yard = await eventYard();
    await trigger(yard, "all", everything);
    const entries = Array.from({ length: limits.eventsPerRequestMax + 1 }, () => sold);
    const all = await items(yard, { body: { entries } });
    expect(all).toHaveLength(entries.length);
    expect(all[0]).toMatchObject({ status: 413, error: { code: "payload_too_large" } });
    expect(instancesOf(yard)).toEqual([]);
  });

  it("when the request is no JSON, or of another kind", async () => {
    const yard = await eventYard();
    const broken = await yard.call("POST", "/v1/events", { rawBody: "{" });
    expectProblem(broken, 400, "malformed_json");
    const headers = { "content-type": "text/plain" };
    const plain = await yard.call("POST", "/v1/events", { body: {}, headers });
    expectProblem(plain, 415, "unsupported_media_type");
    const cloudy = { "content-type": "application/cloudevents+json" };
    const elsewhere = await yard.call("POST", "/v1/instances", { body: {}, headers: cloudy });
    expectProblem(elsewhere, 415, "unsupported_media_type");
  });
});

function wrapped(times: number): unknown {
  let body: unknown = whole;
  for (let n = 0; n < times; n++) {
    body = { Records: [{ eventSource: "aws:sqs", body: JSON.stringify(body) }] };
  }
  return body;
}
