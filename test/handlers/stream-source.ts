import {
  type AttributeValue,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from "@aws-sdk/client-dynamodb-streams";

/** Reads a table's stream and hands on its changes as an event-source mapping does. */
export interface StreamSource {
  /** Records that came since the last time of asking, as the mapping's filter lets them through. */
  take(): Promise<readonly object[]>;
}

/** Reads the stream of a local server, whose single shard never closes during a test. */
export async function openStreamSource(
  client: DynamoDBStreamsClient,
  streamArn: string,
): Promise<StreamSource> {
  const stream = await client.send(new DescribeStreamCommand({ StreamArn: streamArn }));
  const shard = stream.StreamDescription?.Shards?.[0]?.ShardId;
  const place = await client.send(
    new GetShardIteratorCommand({
      StreamArn: streamArn,
      ShardId: shard,
      ShardIteratorType: "TRIM_HORIZON",
    }),
  );
  let iterator = place.ShardIterator;
  return {
    async take() {
      const taken: object[] = [];
      for (;;) {
        const page = await client.send(new GetRecordsCommand({ ShardIterator: iterator }));
        iterator = page.NextShardIterator;
        const records = page.Records ?? [];
        if (records.length === 0) return taken;
        taken.push(...records.filter(isInstance).map((record) => lambdaRecord(record, streamArn)));
      }
    },
  };
}

/** The filter of the mapping in infra/constructs/change-feed.ts. */
function isInstance(record: StreamRecord): boolean {
  return record.dynamodb?.NewImage?.t?.S === "instance";
}

/** Lambda's JSON: instants in seconds, binary values in base64. */
function lambdaRecord(record: StreamRecord, streamArn: string): object {
  const { Keys: keys, NewImage: newImage, SequenceNumber: sequenceNumber } = record.dynamodb ?? {};
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion: "us-east-1",
    dynamodb: {
      ApproximateCreationDateTime: 1_795_208_400,
      Keys: inJson(keys ?? {}),
      ...(newImage === undefined ? {} : { NewImage: inJson(newImage) }),
      SequenceNumber: sequenceNumber,
      SizeBytes: 600,
      StreamViewType: "NEW_IMAGE",
    },
    eventSourceARN: streamArn,
  };
}

function inJson(item: Readonly<Record<string, AttributeValue>>): object {
  return Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: Buffer.from(value.B).toString("base64") },
    ]),
  );
}
