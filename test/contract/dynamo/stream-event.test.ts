import { describe, expect, it } from "vitest";
import { itemOf } from "../../../functions/adapters/aws/dynamo/record-item.ts";
import { feedChangesOfStreamEvent } from "../../../functions/adapters/aws/dynamo/stream-event.ts";
import { instanceRecord } from "../store/store-records.ts";
import { plainLife } from "./plain-life.ts";
import { wireItem } from "./scripted-client.ts";

const streamArn =
  "arn:aws:dynamodb:eu-central-1:123456789012:table/switchyard/stream/2026-11-20T00:00:00.000";
const created = instanceRecord("t1", "ins_1");
const finished = plainLife().succeeded;

/** A stream record as Lambda hands it over. */
function streamRecord(position: number, dynamodb: object, more: object = {}) {
  return {
    eventID: `e${position}`,
    eventName: "MODIFY",
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "eu-central-1",
    eventSourceARN: streamArn,
    dynamodb: {
      ApproximateCreationDateTime: 1_795_209_717,
      SequenceNumber: `49600000000000000000${position}`,
      SizeBytes: 500,
      StreamViewType: "NEW_IMAGE",
      ...dynamodb,
    },
    ...more,
  };
}

const keysOf = (key: { readonly pk: string; readonly sk: string }) => ({
  pk: { S: key.pk },
  sk: { S: key.sk },
});

const image = (record: typeof created, version: number) => ({
  Keys: keysOf(record.key),
  NewImage: wireItem(itemOf(record, version)),
});

describe("a stream event", () => {
  it("becomes changes of the feed, packed bodies included", () => {
    const event = {
      Records: [streamRecord(1, image(created, 1)), streamRecord(2, image(finished, 3))],
    };
    expect(feedChangesOfStreamEvent(event)).toEqual({
      source: streamArn,
      changes: [
        {
          key: created.key,
          type: "instance",
          record: { ...created, version: 1 },
          position: "496000000000000000001",
        },
        {
          key: finished.key,
          type: "instance",
          record: { ...finished, version: 3 },
          position: "496000000000000000002",
        },
      ],
      unreadable: [],
    });
  });

  it("has its shard for a source when the event names it", () => {
    const event = {
      shardId: "shardId-00000001795209717412-a1b2c3d4",
      window: { start: "2026-11-20T21:00:00Z", end: "2026-11-20T21:00:30Z" },
      state: {},
      Records: [streamRecord(1, image(created, 1))],
    };
    expect(feedChangesOfStreamEvent(event).source).toBe("shardId-00000001795209717412-a1b2c3d4");
  });

  it("tells deletions by time to live from our own", () => {
    const keys = { Keys: keysOf(created.key) };
    const byTable = { userIdentity: { type: "Service", principalId: "dynamodb.amazonaws.com" } };
    const event = { Records: [streamRecord(1, keys), streamRecord(2, keys, byTable)] };
    const { changes } = feedChangesOfStreamEvent(event);
    const gone = { key: created.key, type: "instance", record: undefined };
    expect(changes).toEqual([
      { ...gone, position: "496000000000000000001" },
      { ...gone, position: "496000000000000000002", expired: true },
    ]);
  });

  it("reports records that can never be read and gives all the others", () => {
    const good = image(created, 1);
    const bad = {
      "no sequence number": { ...good, SequenceNumber: "first" },
      "broken JSON": { ...good, NewImage: { ...good.NewImage, b: { S: "{" } } },
      "a broken packing": { ...good, NewImage: { ...good.NewImage, b: { B: "AQAA////" } } },
      "an unknown packing": { ...good, NewImage: { ...good.NewImage, b: { B: "/w==" } } },
      "an unknown type": { ...good, NewImage: { ...good.NewImage, t: { S: "mystery" } } },
      "a deleted key of no known form": { Keys: keysOf({ pk: "X", sk: "Y" }) },
    };
    const records = Object.values(bad).map((dynamodb, n) => streamRecord(n, dynamodb));
    const event = { Records: [...records, "not a record", streamRecord(8, good)] };
    const { changes, unreadable } = feedChangesOfStreamEvent(event);
    expect(changes.map(({ position }) => position)).toEqual(["496000000000000000008"]);
    expect(unreadable.map(({ eventId }) => eventId)).toEqual([
      "e0",
      "e1",
      "e2",
      "e3",
      "e4",
      "e5",
      "without an id",
    ]);
    expect(unreadable.every(({ reason }) => reason.length > 0)).toBe(true);
  });

  it("is refused when it is no stream event at all", () => {
    for (const event of [undefined, {}, { Records: "none" }]) {
      expect(() => feedChangesOfStreamEvent(event)).toThrow();
    }
  });
});
