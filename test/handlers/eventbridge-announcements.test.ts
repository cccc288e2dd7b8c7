import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openEventBridgeAnnouncements } from "../../functions/adapters/aws/eventbridge-announcements.ts";
import { busEvents } from "../../shared/contract/messages.ts";
import { TransientError } from "../../shared/core/errors.ts";
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

const refusal = {
  id: "refusal-1",
  tenant: "acme",
  detailType: busEvents.submissionRefused,
  atMs: 1_795_208_400_000,
  detail: { dedupKey: "refusal-1", tenant: "acme", hops: 0, code: "task_not_found" },
};

function open(busName = "switchyard") {
  const log = readableLog();
  const meter = countingMeter();
  const options = { client, busName, log, meter, pace: impatientPace() };
  return { announce: () => openEventBridgeAnnouncements(options).announce(refusal), log, meter };
}

describe("an announcement on the bus", () => {
  it("comes from us, says its kind and time, and can be told from others by its detail", async () => {
    const { announce, meter } = open();
    await announce();
    expect(stub.events.take()).toEqual([
      {
        source: "switchyard",
        detailType: "Submission Refused",
        bus: "switchyard",
        atSeconds: 1_795_208_400,
        detail: refusal.detail,
      },
    ]);
    expect(meter.take("eventbridge.events")).toBe(1);
  });

  it("is made again when the bus breaks down or throttles it", async () => {
    stub.fail("events", brokenDown);
    await open().announce();
    stub.events.refuseNext = () => "ThrottlingException";
    await open().announce();
    expect(stub.events.take()).toHaveLength(2);
  });

  it("is a fault of the world while the bus stays away", async () => {
    stub.fail("events", brokenDown, brokenDown, brokenDown);
    await expect(open().announce()).rejects.toThrow(TransientError);
  });

  it("is logged and given up when the bus refuses it for good", async () => {
    const { announce, log } = open();
    stub.events.refuseNext = () => "MalformedDetail";
    await announce();
    expect(log.lines).toMatchObject([{ level: "error", message: "event refused for good" }]);
    expect(stub.events.take()).toEqual([]);
  });
});
