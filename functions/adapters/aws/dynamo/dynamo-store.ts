import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import type { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { TerminalError } from "../../../../shared/core/errors.ts";
import type { Meter } from "../../../../shared/ports/meter.ts";
import type { FeedPage, Store } from "../../../../shared/ports/store.ts";
import { query } from "./query.ts";
import { get, getMany } from "./read.ts";
import { type Pace, realPace, type TableAccess } from "./table-access.ts";
import { write } from "./write.ts";

export interface DynamoStoreOptions {
  /** Opened with `awsClientDefaults`, as the one for streams. */
  readonly client: DynamoDBClient;
  readonly tableName: string;
  readonly meter: Meter;
  /** Only for `changes`, which in AWS comes through an event-source mapping instead. */
  readonly streams?: DynamoDBStreamsClient;
  /** Time and chance of the waits between tries; the real ones by default. */
  readonly pace?: Pace;
}

/** The store port on one DynamoDB table. */
export function openDynamoStore(options: DynamoStoreOptions): Store {
  const { client, tableName, meter, streams, pace = realPace } = options;
  const table: TableAccess = { client, tableName, meter, pace };
  let feed: Promise<Store["changes"]> | undefined;

  async function changes(from: string, limit: number): Promise<FeedPage> {
    if (streams === undefined) {
      throw new TerminalError(
        `The store on table ${tableName} was opened without a streams client, so it cannot read its change feed.`,
      );
    }
    // Loaded on first use: the functions in AWS never poll the stream and should not carry its client.
    feed ??= import("./stream-feed.ts").then(({ openStreamFeed }) =>
      openStreamFeed(table, streams),
    );
    return (await feed)(from, limit);
  }

  return {
    get: (key) => get(table, key),
    getMany: (keys) => getMany(table, keys),
    query: (wanted) => query(table, wanted),
    write: (wanted) => write(table, wanted),
    changes,
  };
}
