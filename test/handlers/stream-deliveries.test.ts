import { beforeEach, expect, it } from "vitest";
import { keys } from "../../shared/contract/keys.ts";
import { bucketName, type Rollup } from "../../shared/rollup/rollup.ts";
import { shardId, streamEvent } from "./lambda-events.ts";
import { brokenDown } from "./stub/aws-stub.ts";
import { describeDeployed, useYard } from "./use-yard.ts";
import { succeed } from "./yard.ts";

const here = useYard();
const nothingFailed = { state: {}, batchItemFailures: [] };

/** Nothing of earlier tests is left in the stream. */
async function drain(): Promise<void> {
  await here.yard.observe();
  here.deployment.stub.events.take();
  here.deployment.wire.take();
  here.deployment.logs.take();
}

/** The changes of one instance's whole life. */
async function lifeOfOne(): Promise<readonly object[]> {
  const { deployment, yard } = here;
  await yard.submit();
  await yard.dispatch();
  await yard.complete(succeed());
  const records = await deployment.stream.take();
  expect(records).toHaveLength(3);
  deployment.wire.take();
  return records;
}

async function succeededSoFar(): Promise<number> {
  const hours = [0, 3_600_000].map((agoMs) => bucketName("hour", Date.now() - agoMs));
  const records = await here.deployment.store.getMany(
    hours.map((hour) => keys.rollup("default", "resize", hour, "lambda")),
  );
  return records.reduce(
    (sum, record) => sum + ((record?.body as unknown as Rollup)?.finished.succeeded ?? 0),
    0,
  );
}

const observe = (event: unknown) => here.deployment.functions.observe(event);
const firstOf = (records: readonly object[]) =>
  (records[0] as { dynamodb: { SequenceNumber: string } }).dynamodb.SequenceNumber;

describeDeployed("a batch of the table's stream", () => {
  beforeEach(drain);

  it("comes again whole when the bus is down, and is then counted once", async () => {
    const { stub } = here.deployment;
    const records = await lifeOfOne();
    const before = await succeededSoFar();
    stub.fail("events", brokenDown, brokenDown, brokenDown);
    const answer = await observe(streamEvent(records));
    expect(answer).toEqual({
      state: {},
      batchItemFailures: [{ itemIdentifier: firstOf(records) }],
    });
    expect(await succeededSoFar()).toBe(before);
    expect(await observe(streamEvent(records))).toEqual(nothingFailed);
    expect(await observe(streamEvent(records))).toEqual(nothingFailed);
    expect(await succeededSoFar()).toBe(before + 1);
    expect(stub.events.take()).toHaveLength(1);
  });

  it("is counted once when the answer to its transaction was lost", async () => {
    const records = await lifeOfOne();
    const before = await succeededSoFar();
    here.deployment.wire.fail("TransactWriteItems", "apply-then-cut");
    expect(await observe(streamEvent(records))).toEqual(nothingFailed);
    expect(await observe(streamEvent(records))).toEqual(nothingFailed);
    expect(await succeededSoFar()).toBe(before + 1);
  });

  it("is counted once when it comes again in halves, the later one first", async () => {
    const records = await lifeOfOne();
    const before = await succeededSoFar();
    expect(await observe(streamEvent(records))).toEqual(nothingFailed);
    expect(await observe(streamEvent(records.slice(2)))).toEqual(nothingFailed);
    expect(await observe(streamEvent(records.slice(0, 2)))).toEqual(nothingFailed);
    expect(await succeededSoFar()).toBe(before + 1);
  });

  it("goes on past a record that cannot be read, and says so", async () => {
    const { stub, logs } = here.deployment;
    const records = await lifeOfOne();
    const broken = structuredClone(records[0]) as {
      eventID: string;
      dynamodb: { NewImage: Record<string, object> };
    };
    broken.dynamodb.NewImage.b = { B: Buffer.from("not packed").toString("base64") };
    expect(await observe(streamEvent([broken, ...records.slice(1)]))).toEqual(nothingFailed);
    expect(stub.events.take()).toHaveLength(1);
    expect(logs.take()).toMatchObject([
      { level: "error", message: "change dropped: unreadable", eventId: broken.eventID },
    ]);
  });

  it("costs nothing when it is empty, as at the end of a window", async () => {
    const event = { ...streamEvent([]), isFinalInvokeForWindow: true };
    expect(await observe(event)).toEqual(nothingFailed);
    expect(here.deployment.wire.take()).toEqual([]);
  });

  it("keeps a checkpoint for each shard, so that one cannot hide the other's changes", async () => {
    const { stub } = here.deployment;
    const [early, late] = [await lifeOfOne(), await lifeOfOne()];
    expect(await observe(streamEvent(late, shardId))).toEqual(nothingFailed);
    expect(await observe(streamEvent(early, "shardId-0000-other"))).toEqual(nothingFailed);
    expect(stub.events.take()).toHaveLength(2);
  });

  it("fails the invocation when it names no shard: a checkpoint would skip changes", async () => {
    const records = await lifeOfOne();
    const event = { ...streamEvent(records), shardId: undefined };
    await expect(observe(event)).rejects.toThrow("tumbling window");
    expect(here.deployment.stub.events.take()).toEqual([]);
  });

  it.each([undefined, null, {}, { Records: 7 }])(
    "fails the invocation when the event is %j",
    async (event) => {
      await expect(observe(event)).rejects.toThrow();
    },
  );
});
