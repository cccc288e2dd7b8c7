import { DescribeTableCommand } from "@aws-sdk/client-dynamodb";
import {
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type Shard,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";
import { assert, TerminalError, TransientError } from "../../../../shared/core/errors.ts";
import type { FeedPage } from "../../../../shared/ports/store.ts";
import { withRetries } from "./retries.ts";
import { shardAfter, shardsInLine } from "./shard-line.ts";
import { type StreamChange, streamChangeOf } from "./stream-change.ts";
import type { TableAccess } from "./table-access.ts";

const recordsMax = 1_000;

/** A place in the stream where reading can go on. */
interface Place {
  readonly shardId: string;
  readonly iterator: string;
}

/**
 * The change feed by polling the table's stream, for one machine. Positions are the stream's
 * sequence numbers, so the stream must be one line of shards, as local servers keep it; a table in
 * AWS, whose shards run side by side, is read through an event-source mapping instead. A position
 * older than the stream's 24 hours goes on at the oldest change that is kept.
 */
export function openStreamFeed(
  table: TableAccess,
  streams: DynamoDBStreamsClient,
): (from: string, limit: number) => Promise<FeedPage> {
  const reader = streamReader(table, streams);
  let streamArn: string | undefined;
  let reached: (Place & { readonly position: string }) | undefined;

  return async (from, limit) => {
    assert(/^\d+$/.test(from), `a feed position has decimal digits only, not "${from}"`);
    streamArn ??= await findStream(table);
    let place: Place | undefined =
      reached?.position === from ? reached : await placeAfter(reader, streamArn, from);
    let renewed = false;
    while (place !== undefined) {
      const page = await reader.records(place, limit);
      if (page === "iterator expired") {
        if (renewed)
          throw new TransientError("A fresh place in the table's stream expired at once.");
        renewed = true;
        place = await placeAfter(reader, streamArn, from);
        continue;
      }
      const next = page.changes.at(-1)?.position ?? from;
      reached =
        page.goesOnAt === undefined
          ? undefined
          : { ...place, iterator: page.goesOnAt, position: next };
      if (page.changes.length > 0 || reached !== undefined) return { changes: page.changes, next };
      place = await placeInSuccessor(reader, streamArn, place);
    }
    return { changes: [], next: from };
  };
}

async function findStream(table: TableAccess): Promise<string> {
  const { tableName, client } = table;
  const answer = await withRetries(table, "dynamodb:DescribeTable", { afterUnclear: true }, () =>
    client.send(new DescribeTableCommand({ TableName: tableName })),
  );
  const arn = answer.Table?.LatestStreamArn;
  if (arn === undefined) throw new TerminalError(`Table ${tableName} has no stream: enable it.`);
  return arn;
}

type Reader = ReturnType<typeof streamReader>;

async function placeAfter(reader: Reader, arn: string, from: string): Promise<Place | undefined> {
  const shard = shardAfter(shardsInLine(await reader.shards(arn)), from);
  if (shard === undefined) return undefined;
  const start = shard.SequenceNumberRange?.StartingSequenceNumber ?? "0";
  return reader.place(arn, shard, BigInt(from) < BigInt(start) ? undefined : from);
}

/** A shard ends when DynamoDB splits it or after some hours; its changes go on in its child. */
async function placeInSuccessor(
  reader: Reader,
  arn: string,
  ended: Place,
): Promise<Place | undefined> {
  const line = shardsInLine(await reader.shards(arn));
  const index = line.findIndex((shard) => shard.ShardId === ended.shardId);
  const successor = index < 0 ? undefined : line[index + 1];
  return successor === undefined ? undefined : reader.place(arn, successor, undefined);
}

function streamReader(table: TableAccess, streams: DynamoDBStreamsClient) {
  const call = <Answer>(action: string, run: () => Promise<Answer>) =>
    withRetries(table, `dynamodb:${action}`, { afterUnclear: true }, run);

  async function shards(arn: string): Promise<readonly Shard[]> {
    const found: Shard[] = [];
    let after: string | undefined;
    do {
      const input = { StreamArn: arn, ...(after && { ExclusiveStartShardId: after }) };
      const answer = await call("DescribeStream", () =>
        streams.send(new DescribeStreamCommand(input)),
      );
      found.push(...(answer.StreamDescription?.Shards ?? []));
      after = answer.StreamDescription?.LastEvaluatedShardId;
    } while (after !== undefined);
    return found;
  }

  /** Right after `position`, or at the shard's oldest kept record. */
  async function place(arn: string, shard: Shard, position: string | undefined) {
    const base = { StreamArn: arn, ShardId: shard.ShardId };
    const horizon = { ...base, ShardIteratorType: "TRIM_HORIZON" } as const;
    const command = new GetShardIteratorCommand(
      position === undefined
        ? horizon
        : { ...base, ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: position },
    );
    const answer = await call("GetShardIterator", () =>
      streams.send(command).catch((error: unknown) => {
        if (!isNamed(error, "TrimmedDataAccessException")) throw error;
        return streams.send(new GetShardIteratorCommand(horizon));
      }),
    );
    const { ShardIterator: iterator } = answer;
    assert(
      iterator !== undefined && shard.ShardId !== undefined,
      "a shard has an id and iterators",
    );
    return { shardId: shard.ShardId, iterator };
  }

  async function records(from: Place, limit: number) {
    const input = { ShardIterator: from.iterator, Limit: Math.min(limit, recordsMax) };
    const answer = await call("GetRecords", () =>
      streams.send(new GetRecordsCommand(input)).catch((error: unknown) => {
        // After some minutes without a call, or when its oldest records were trimmed meanwhile.
        const stale = ["ExpiredIteratorException", "TrimmedDataAccessException"];
        if (!stale.some((name) => isNamed(error, name))) throw error;
        return undefined;
      }),
    );
    if (answer === undefined) return "iterator expired" as const;
    return { changes: (answer.Records ?? []).map(changeOf), goesOnAt: answer.NextShardIterator };
  }

  return { shards, place, records };
}

function changeOf(record: StreamRecord): StreamChange {
  const { dynamodb } = record;
  const { Keys: keys, SequenceNumber: sequenceNumber } = dynamodb ?? {};
  assert(
    keys !== undefined && sequenceNumber !== undefined,
    "a stream record has keys and a place",
  );
  return streamChangeOf({
    keys,
    newImage: dynamodb?.NewImage,
    sequenceNumber,
    removedBy: record.userIdentity?.PrincipalId,
  });
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
