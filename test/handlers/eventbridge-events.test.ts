import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEventBridgeEvents } from "../../functions/adapters/aws/eventbridge-events.ts";
import { TerminalError, TransientError } from "../../shared/core/errors.ts";
import type { InstanceStateChanged } from "../../shared/ports/events.ts";
import { countingMeter } from "../contract/dynamo/local-dynamo.ts";
import { type AwsStub, brokenDown, startAwsStub } from "./stub/aws-stub.ts";
import { clientSettings, impatientPace, readableLog } from "./stub/local-clients.ts";

let stub: AwsStub;
let client: EventBridgeClient;
beforeAll(async () => {
  stub = await startAwsStub();
  stub.events.buses.add("switchyard");
  client = new EventBridgeClient(clientSettings(stub.endpoint));
});
afterAll(async () => {
  client.destroy();
  await stub.close();
});
beforeEach(() => void stub.events.take());
afterEach(() => expect(stub.violations).toEqual([]));

function open(which: "terminal" | "all" | "none" = "all", busName = "switchyard") {
  const log = readableLog();
  const meter = countingMeter();
  const pace = impatientPace();
  return { ...openEventBridgeEvents({ client, busName, which, log, meter, pace }), log, meter };
}

function changes(count: number, more: Partial<InstanceStateChanged> = {}) {
  return Array.from(
    { length: count },
    (_, index): InstanceStateChanged => ({
      dedupKey: `ins_${index}#3`,
      tenant: "acme",
      instanceId: `ins_${index}`,
      task: "resize",
      taskVersion: 1,
      from: "running",
      to: "succeeded",
      reason: "attempt 1 succeeded",
      atMs: 1_795_208_400_000,
      hops: 0,
      version: 3,
      ...more,
    }),
  );
}

const keys = () => stub.events.take().map(({ detail }) => detail.dedupKey);

describe("state changes on the bus", () => {
  it("go out ten to a request, in order, each event counted", async () => {
    const { publish, meter } = open();
    const requestsBefore = stub.events.requests;
    await publish(changes(23));
    expect(stub.events.requests - requestsBefore).toBe(3);
    expect(meter.take("eventbridge.events")).toBe(23);
    expect(keys()).toEqual(changes(23).map(({ dedupKey }) => dedupKey));
  });

  it("say what changed, from whom and when", async () => {
    const { publish } = open();
    const [change] = changes(1);
    if (change === undefined) throw new TypeError();
    await publish([change]);
    expect(stub.events.take()).toEqual([
      {
        source: "switchyard",
        detailType: "Instance State Changed",
        bus: "switchyard",
        atSeconds: 1_795_208_400,
        detail: { ...change },
      },
    ]);
  });

  it("are only the last ones, or none, where the deployment says so", async () => {
    const mixed = [...changes(1, { to: "running" }), ...changes(1, { to: "failed" })];
    await open("terminal").publish(mixed);
    expect(stub.events.take().map(({ detail }) => detail.to)).toEqual(["failed"]);
    const requestsBefore = stub.events.requests;
    await open("none").publish(mixed);
    expect(stub.events.requests).toBe(requestsBefore);
  });

  it("go into requests that stay below the limit of their size", async () => {
    const { publish, meter } = open();
    await publish(changes(9, { reason: "x".repeat(200_000) }));
    expect(keys()).toHaveLength(9);
    // Each of them fills four chunks of 64 KB.
    expect(meter.take("eventbridge.events")).toBe(36);
  });
});

describe("state changes that the bus does not take", () => {
  it("are put again when only some were refused, and only those", async () => {
    const { publish, meter } = open();
    stub.events.refuseNext = (_, index) => (index === 1 ? "ThrottlingException" : undefined);
    await publish(changes(3));
    expect(keys().sort()).toEqual(["ins_0#3", "ins_1#3", "ins_2#3"]);
    expect(meter.take("eventbridge.events")).toBe(3);
  });

  it("come again through the feed when the bus keeps refusing", async () => {
    const { publish } = open();
    stub.fail("events", brokenDown, brokenDown, brokenDown);
    await expect(publish(changes(1))).rejects.toThrow(TransientError);
    expect(keys()).toEqual([]);
  });

  it("come again when the bus itself is missing", async () => {
    await expect(open("all", "gone").publish(changes(1))).rejects.toThrow(TransientError);
  });

  it("come again when the function may not put events", async () => {
    stub.fail("events", { kind: "refuse", status: 400, code: "AccessDeniedException" });
    await expect(open().publish(changes(1))).rejects.toThrow(TerminalError);
  });

  it("hold up nothing when no repetition mends them", async () => {
    const { publish, log } = open();
    stub.events.refuseNext = (_, index) => (index === 0 ? "MalformedDetail" : undefined);
    await publish(changes(2));
    expect(keys()).toEqual(["ins_1#3"]);
    expect(log.lines).toMatchObject([{ level: "error", fields: { code: "MalformedDetail" } }]);
  });
});
