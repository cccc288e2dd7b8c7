import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBStreamsClient } from "@aws-sdk/client-dynamodb-streams";
import { describe } from "vitest";
import { awsClientDefaults } from "../../../functions/adapters/aws/aws-call.ts";
import { ensureTable } from "../../../functions/adapters/aws/dynamo/create-table.ts";
import { openDynamoStore } from "../../../functions/adapters/aws/dynamo/dynamo-store.ts";
import { dynoxideAvailable, startDynoxide } from "../../../functions/runtime/dynoxide.ts";
import { type MeteredUnit, silentMeter } from "../../../shared/ports/meter.ts";
import type { Store } from "../../../shared/ports/store.ts";

const available = dynoxideAvailable();

/** `describe` for tests over the wire; skipped where no server is installed, and the name says so. */
export function describeOverTheWire(name: string, register: () => void): void {
  const title = available ? name : `${name} (skipped: no @dynoxide package for this platform)`;
  describe.skipIf(!available)(title, register);
}

/** A server of its own with clients for it. */
export interface LocalDynamo {
  readonly endpoint: string;
  readonly client: DynamoDBClient;
  readonly streams: DynamoDBStreamsClient;
  stop(): Promise<void>;
}

export async function startLocalDynamo(databasePath?: string): Promise<LocalDynamo> {
  const server = await startDynoxide(databasePath === undefined ? {} : { databasePath });
  const settings = {
    ...awsClientDefaults,
    endpoint: server.endpoint,
    region: "us-east-1",
    credentials: { accessKeyId: "local", secretAccessKey: "local" },
  };
  const client = new DynamoDBClient(settings);
  const streams = new DynamoDBStreamsClient(settings);
  return {
    endpoint: server.endpoint,
    client,
    streams,
    stop: async () => {
      client.destroy();
      streams.destroy();
      await server.stop();
    },
  };
}

let tableCount = 0;

/** A store on a fresh table of that server. */
export async function openFreshStore(
  dynamo: LocalDynamo,
  meter = silentMeter,
): Promise<{ readonly store: Store; readonly tableName: string }> {
  tableCount += 1;
  const tableName = `switchyard-${tableCount}`;
  await ensureTable(dynamo.client, tableName);
  const { client, streams } = dynamo;
  return { store: openDynamoStore({ client, streams, tableName, meter }), tableName };
}

/** A meter that can be read. */
export function countingMeter() {
  const counts = new Map<MeteredUnit, number>();
  return {
    count: (unit: MeteredUnit, amount: number) => {
      counts.set(unit, (counts.get(unit) ?? 0) + amount);
    },
    /** What was counted since the last time of asking. */
    take: (unit: MeteredUnit): number => {
      const amount = counts.get(unit) ?? 0;
      counts.delete(unit);
      return amount;
    },
  };
}
