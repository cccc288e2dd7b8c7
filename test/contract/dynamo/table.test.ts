import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
} from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { ensureTable } from "../../../functions/adapters/aws/dynamo/create-table.ts";
import { openDynamoStore } from "../../../functions/adapters/aws/dynamo/dynamo-store.ts";
import { tableAttributes, tableIndexes } from "../../../shared/contract/table.ts";
import { silentMeter } from "../../../shared/ports/meter.ts";
import { mustWrite, put, rollupRecord } from "../store/store-records.ts";
import { describeOverTheWire, type LocalDynamo, startLocalDynamo } from "./local-dynamo.ts";

describeOverTheWire("the table for local servers", () => {
  let dynamo: LocalDynamo;
  beforeAll(async () => {
    dynamo = await startLocalDynamo();
  });
  afterAll(() => dynamo.stop());

  it("has the keys, indexes, stream and time to live of the contract", async () => {
    await ensureTable(dynamo.client, "fresh-table");
    const { Table: table } = await dynamo.client.send(
      new DescribeTableCommand({ TableName: "fresh-table" }),
    );
    const keyNames = (schema: readonly { AttributeName?: string | undefined }[] = []) =>
      schema.map(({ AttributeName: name }) => name);
    expect(keyNames(table?.KeySchema)).toEqual([tableAttributes.partition, tableAttributes.sort]);
    const indexes = table?.GlobalSecondaryIndexes?.map((index) => ({
      name: index.IndexName,
      keys: keyNames(index.KeySchema),
      projection: index.Projection?.ProjectionType,
    }));
    const wanted = Object.values(tableIndexes).map(({ name, partition, sort }) => ({
      name,
      keys: [partition, sort],
      projection: "KEYS_ONLY",
    }));
    const byName = (a: { name?: string | undefined }, b: { name?: string | undefined }) =>
      String(a.name).localeCompare(String(b.name));
    expect(indexes?.toSorted(byName)).toEqual(wanted.toSorted(byName));
    expect(table?.StreamSpecification).toEqual({
      StreamEnabled: true,
      StreamViewType: "NEW_IMAGE",
    });
    expect(table?.BillingModeSummary?.BillingMode).toBe("PAY_PER_REQUEST");
    const { TimeToLiveDescription: timeToLive } = await dynamo.client.send(
      new DescribeTimeToLiveCommand({ TableName: "fresh-table" }),
    );
    expect(timeToLive).toEqual({
      TimeToLiveStatus: "ENABLED",
      AttributeName: tableAttributes.expires,
    });
  });

  it("may be asked for again and by several at once", async () => {
    await Promise.all([1, 2, 3].map(() => ensureTable(dynamo.client, "shared-table")));
    await expect(ensureTable(dynamo.client, "shared-table")).resolves.toBeUndefined();
  });

  it("is refused when a table of that name has another shape", async () => {
    await dynamo.client.send(
      new CreateTableCommand({
        TableName: "foreign-table",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [{ AttributeName: "id", AttributeType: "S" }],
        KeySchema: [{ AttributeName: "id", KeyType: "HASH" }],
      }),
    );
    await expect(ensureTable(dynamo.client, "foreign-table")).rejects.toThrow(
      /foreign-table exists, but its key is another one/,
    );
    const { partition, sort } = tableAttributes;
    await dynamo.client.send(
      new CreateTableCommand({
        TableName: "bare-table",
        BillingMode: "PAY_PER_REQUEST",
        AttributeDefinitions: [
          { AttributeName: partition, AttributeType: "S" },
          { AttributeName: sort, AttributeType: "S" },
        ],
        KeySchema: [
          { AttributeName: partition, KeyType: "HASH" },
          { AttributeName: sort, KeyType: "RANGE" },
        ],
      }),
    );
    await expect(ensureTable(dynamo.client, "bare-table")).rejects.toThrow(/its index "wake"/);
  });
});

describeOverTheWire("a store on a local server's database file", () => {
  it("has its records and its feed again after the server was started anew", async () => {
    const directory = await mkdtemp(join(tmpdir(), "switchyard-dynamo-"));
    try {
      const path = join(directory, "dynamodb.db");
      const records = ["a", "b", "c"].map((name) => rollupRecord("t1", name, { n: 1 }));
      const first = await startLocalDynamo(path);
      await ensureTable(first.client, "kept-table");
      const before = openDynamoStore({ ...first, tableName: "kept-table", meter: silentMeter });
      for (const record of records) await mustWrite(before, put(record, "absent"));
      const { changes, next } = await before.changes("0", 2);
      expect(changes.map(({ key }) => key.sk)).toEqual(["a#lambda", "b#lambda"]);
      await first.stop();

      const second = await startLocalDynamo(path);
      await ensureTable(second.client, "kept-table");
      const after = openDynamoStore({ ...second, tableName: "kept-table", meter: silentMeter });
      const rest = await after.changes(next, 10);
      const found = await after.getMany(records.map(({ key }) => key));
      await second.stop();
      expect(found.map((record) => record?.version)).toEqual([1, 1, 1]);
      expect(rest.changes.map(({ key }) => key.sk)).toEqual(["c#lambda"]);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });
});
