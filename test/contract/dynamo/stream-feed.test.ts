import { describe, expect, it } from "vitest";
import { openDynamoStore } from "../../../functions/adapters/aws/dynamo/dynamo-store.ts";
import { itemOf } from "../../../functions/adapters/aws/dynamo/record-item.ts";
import { InvariantError, TerminalError, TransientError } from "../../../shared/core/errors.ts";
import { rollupRecord } from "../store/store-records.ts";
import {
  ok,
  refused,
  type SentRequest,
  scriptedStore,
  type WireAnswer,
  wireItem,
} from "./scripted-client.ts";

const record = rollupRecord("t1", "b1", { n: 1 });

interface ScriptedShard {
  readonly id: string;
  readonly parent?: string;
  readonly start: string;
  /** Present when the shard has ended. */
  readonly end?: string;
  readonly positions: readonly string[];
}

/** A stream of such shards; an iterator is "shard/index". `fault` may answer instead. */
function streamOf(
  shards: readonly ScriptedShard[],
  fault: (request: SentRequest) => WireAnswer | undefined = () => undefined,
) {
  const indexAfter = (shard: ScriptedShard, position: string) =>
    shard.positions.filter((each) => BigInt(each) <= BigInt(position)).length;
  return scriptedStore((request) => {
    const failure = fault(request);
    if (failure !== undefined) return failure;
    const { action, input } = request;
    if (action === "DescribeTable") return ok({ Table: { LatestStreamArn: "arn:stream" } });
    if (action === "DescribeStream")
      return ok({ StreamDescription: { Shards: shards.map(described) } });
    if (action === "GetShardIterator") {
      const shard = shards.find(({ id }) => id === input.ShardId);
      if (shard === undefined) return refused("ResourceNotFoundException");
      const index =
        input.ShardIteratorType === "TRIM_HORIZON" ? 0 : indexAfter(shard, input.SequenceNumber);
      return ok({ ShardIterator: `${shard.id}/${index}` });
    }
    return recordsAt(shards, input);
  });
}

function recordsAt(shards: readonly ScriptedShard[], input: SentRequest["input"]): WireAnswer {
  const [id, index] = String(input.ShardIterator).split("/");
  const shard = shards.find((each) => each.id === id);
  const given = shard?.positions.slice(Number(index), Number(index) + input.Limit) ?? [];
  const next = Number(index) + given.length;
  const ended = shard?.end !== undefined && next === shard.positions.length;
  return ok({
    Records: given.map((SequenceNumber) => ({
      dynamodb: {
        Keys: { pk: { S: record.key.pk }, sk: { S: record.key.sk } },
        NewImage: wireItem(itemOf(record, Number(SequenceNumber))),
        SequenceNumber,
      },
    })),
    ...(ended ? {} : { NextShardIterator: `${id}/${next}` }),
  });
}

function described({ id, parent, start, end }: ScriptedShard) {
  return {
    ShardId: id,
    ...(parent === undefined ? {} : { ParentShardId: parent }),
    SequenceNumberRange: {
      StartingSequenceNumber: start,
      ...(end === undefined ? {} : { EndingSequenceNumber: end }),
    },
  };
}

const line: readonly ScriptedShard[] = [
  // DynamoDB lists shards in any order, and a shard may end after its last record.
  { id: "b", parent: "a", start: "10", end: "19", positions: ["12", "14"] },
  { id: "c", parent: "b", start: "20", positions: ["21"] },
  { id: "a", parent: "trimmed", start: "1", end: "9", positions: ["3"] },
];

const positionsOf = (page: { readonly changes: readonly { readonly position: string }[] }) =>
  page.changes.map(({ position }) => position);

describe("the feed by polling the stream", () => {
  it("goes through a line of shards from parent to child", async () => {
    const { store } = streamOf(line);
    const seen: string[][] = [];
    let from = "0";
    for (let n = 0; n < 4; n++) {
      const page = await store.changes(from, 10);
      seen.push(positionsOf(page));
      from = page.next;
    }
    expect(seen).toEqual([["3"], ["12", "14"], ["21"], []]);
    expect(from).toBe("21");
  });

  it("goes on after any position, also that of an ended shard's last record", async () => {
    for (const [from, following] of [
      ["3", "12"],
      ["12", "14"],
      ["14", "21"],
      ["17", "21"],
    ] as const) {
      const { store } = streamOf(line);
      expect(positionsOf(await store.changes(from, 1))).toEqual([following]);
    }
  });

  it("keeps its place between calls instead of looking for it again", async () => {
    const { store, sent } = streamOf(line);
    const { next } = await store.changes("14", 10);
    await store.changes(next, 10);
    await store.changes(next, 10);
    expect(sent.map(({ action }) => action)).toEqual([
      "DescribeTable",
      "DescribeStream",
      "GetShardIterator",
      "GetRecords",
      "DescribeStream",
      "GetShardIterator",
      "GetRecords",
      "GetRecords",
      "GetRecords",
    ]);
  });

  it("finds its place anew when the iterator has grown too old", async () => {
    let expired = false;
    const { store } = streamOf(line, ({ action }) => {
      if (action !== "GetRecords" || expired) return undefined;
      expired = true;
      return refused("ExpiredIteratorException");
    });
    expect(positionsOf(await store.changes("12", 10))).toEqual(["14"]);
    expect(expired).toBe(true);
  });

  it("does not look for its place for ever", async () => {
    const { store, sent } = streamOf(line, ({ action }) =>
      action === "GetRecords" ? refused("ExpiredIteratorException") : undefined,
    );
    await expect(store.changes("12", 10)).rejects.toBeInstanceOf(TransientError);
    expect(sent.filter(({ action }) => action === "GetRecords")).toHaveLength(2);
  });

  it("goes on at the oldest kept change when the position was trimmed", async () => {
    const { store } = streamOf(line, ({ action, input }) =>
      action === "GetShardIterator" && input.ShardIteratorType === "AFTER_SEQUENCE_NUMBER"
        ? refused("TrimmedDataAccessException")
        : undefined,
    );
    expect(positionsOf(await store.changes("12", 10))).toEqual(["12", "14"]);
  });
});

describe("the feed where there is no stream to poll", () => {
  it("refuses a stream whose shards lie side by side", async () => {
    const sides = [
      { id: "a", start: "1", positions: [] },
      { id: "b", start: "1", positions: [] },
    ];
    const { store } = streamOf(sides);
    await expect(store.changes("0", 10)).rejects.toThrow(
      /2 shards side by side.*event-source mapping/,
    );
  });

  it("says so when the table has no stream, or the store no streams client", async () => {
    const { store } = streamOf(line, ({ action }) =>
      action === "DescribeTable" ? ok({ Table: {} }) : undefined,
    );
    await expect(store.changes("0", 10)).rejects.toThrow(/has no stream/);
    const { streams: _streams, ...without } = streamOf(line).options;
    const blind = openDynamoStore(without).changes("0", 10);
    await expect(blind).rejects.toBeInstanceOf(TerminalError);
  });

  it("takes only positions of decimal digits", async () => {
    await expect(streamOf(line).store.changes("latest", 1)).rejects.toBeInstanceOf(InvariantError);
  });
});
