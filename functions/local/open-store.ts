import { join } from "node:path";
import type { Log } from "../../shared/ports/log.ts";
import { silentMeter } from "../../shared/ports/meter.ts";
import type { FeedChange, Store } from "../../shared/ports/store.ts";
import { openMemoryStore } from "../adapters/memory/memory-store.ts";
import type { HostOptions } from "./options.ts";

/** A store as the local host needs it: it tells of writes, and can be closed. */
export interface HostStore {
  readonly store: Store;
  /** Calls the listener after durable writes, until the returned function is called. */
  watch(listener: (changes: readonly FeedChange[]) => void): () => void;
  /** Says that every consumer of the feed has passed this position. */
  passed(position: string): Promise<void>;
  /** Deletes records whose keeping time is over; answers how many. */
  deleteExpired(nowMs: number, limit: number): Promise<number>;
  close(): Promise<void>;
}

const localTable = "switchyard";
const feedPollMs = 100;
/** The feed's follower gathers for some time; what came meanwhile should still be in memory. */
const feedTailChangesMax = 16_384;
const feedTailCharsMax = 16 * 1024 * 1024;
/** A backlog of some 30,000 open instances is worked off without reading any of them from disk. */
const recentCharsMax = 32 * 1024 * 1024;

/** Adapters load lazily: a host pays only for the engine it runs on. */
export async function openHostStore(options: HostOptions, log: Log): Promise<HostStore> {
  switch (options.store) {
    case "memory":
      return memory();
    case "dynamodb":
      return dynamodb(options, log);
    case "embedded":
      return embedded(options);
  }
}

function memory(): HostStore {
  const store = openMemoryStore({ feedKept: feedTailChangesMax });
  return {
    store,
    watch: (listener) => store.watch(listener),
    passed: () => Promise.resolve(),
    deleteExpired: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
}

async function embedded(options: HostOptions): Promise<HostStore> {
  const { openEmbeddedStore } = await import("../adapters/local/embedded/embedded-store.ts");
  const store = await openEmbeddedStore({
    directory: join(options.dataDirectory, "store"),
    feedTailChangesMax,
    feedTailCharsMax,
    recentCharsMax,
  });
  return {
    store,
    watch: (listener) => store.watch(listener),
    passed: (position) => store.trimFeed(position),
    deleteExpired: (nowMs, limit) => store.deleteExpired(nowMs, limit),
    close: () => store.close(),
  };
}

/** The real DynamoDB adapter against a local server: for fidelity, not for speed. */
async function dynamodb(options: HostOptions, log: Log): Promise<HostStore> {
  // The SDK's notice about future Node versions concerns its maintainers, not who runs this host.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  const [{ startDynoxide }, { openDynamoStore }, { ensureTable }, dynamo, streams] =
    await Promise.all([
      import("../runtime/dynoxide.ts"),
      import("../adapters/aws/dynamo/dynamo-store.ts"),
      import("../adapters/aws/dynamo/create-table.ts"),
      import("@aws-sdk/client-dynamodb"),
      import("@aws-sdk/client-dynamodb-streams"),
    ]);
  const server = await startDynoxide({ databasePath: join(options.dataDirectory, "dynamodb.db") });
  const access = {
    endpoint: server.endpoint,
    region: "local",
    maxAttempts: 1,
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const client = new dynamo.DynamoDBClient(access);
  await ensureTable(client, localTable);
  const store = openDynamoStore({
    client,
    tableName: localTable,
    meter: silentMeter,
    streams: new streams.DynamoDBStreamsClient(access),
  });
  const poller = pollFeed(store, log);
  return {
    store,
    watch: poller.watch,
    passed: () => Promise.resolve(),
    // The server deletes by the table's time to live.
    deleteExpired: () => Promise.resolve(0),
    async close() {
      await poller.close();
      client.destroy();
      await server.stop();
    },
  };
}

/** A server over the wire does not call back: new changes are asked for, from where the feed is now. */
function pollFeed(store: Store, log: Log) {
  const listeners = new Set<(changes: readonly FeedChange[]) => void>();
  let position = "0";
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> = Promise.resolve();
  const poll = async (): Promise<void> => {
    try {
      const page = await store.changes(position, 1_000);
      position = page.next;
      if (page.changes.length > 0) for (const listener of listeners) listener(page.changes);
    } catch (error) {
      log.warn("feed could not be read; trying again", {
        cause: error instanceof Error ? error.message : String(error),
      });
    }
    if (!closed) timer = setTimeout(start, feedPollMs);
  };
  const start = (): void => {
    running = poll();
  };
  start();
  return {
    watch(listener: (changes: readonly FeedChange[]) => void): () => void {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close(): Promise<void> {
      closed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
