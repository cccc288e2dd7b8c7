import { BatchGetItemCommand, GetItemCommand } from "@aws-sdk/client-dynamodb";
import type { Key, StoredRecord } from "../../../../shared/ports/store.ts";
import type { Item } from "./item-size.ts";
import { keyItem, keyOf, recordOf } from "./record-item.ts";
import { withRetries } from "./retries.ts";
import { countCapacity, type TableAccess } from "./table-access.ts";

const batchKeysMax = 100;
/** DynamoDB asks for a pause before the keys it left out are asked for again. */
const pauseMsMax = 50;
const repeatable = { afterUnclear: true } as const;

/** Strongly consistent. */
export async function get(table: TableAccess, key: Key): Promise<StoredRecord | undefined> {
  const answer = await withRetries(table, "dynamodb:GetItem", repeatable, () =>
    table.client.send(
      new GetItemCommand({
        TableName: table.tableName,
        Key: keyItem(key),
        ConsistentRead: true,
        ReturnConsumedCapacity: "TOTAL",
      }),
    ),
  );
  countCapacity(table, "dynamodb.readUnits", answer.ConsumedCapacity);
  return answer.Item === undefined ? undefined : recordOf(answer.Item);
}

/** Strongly consistent each, though not one snapshot; one place per key, in order. */
export async function getMany(
  table: TableAccess,
  keys: readonly Key[],
): Promise<readonly (StoredRecord | undefined)[]> {
  const wanted = new Map(keys.map((key) => [nameOf(key), keyItem(key)]));
  const found = new Map<string, StoredRecord>();
  let waiting = [...wanted.values()];
  while (waiting.length > 0) {
    const batch = waiting.slice(0, batchKeysMax);
    const { items, unprocessed } = await readBatch(table, batch);
    for (const item of items) found.set(nameOf(keyOf(item)), recordOf(item));
    waiting = [...unprocessed, ...waiting.slice(batchKeysMax)];
    if (unprocessed.length > 0) await table.pace.sleep(pauseMsMax * table.pace.random.next());
  }
  return keys.map((key) => found.get(nameOf(key)));
}

/** One batch; throttled like a refused call when DynamoDB took none of it. */
async function readBatch(table: TableAccess, batch: readonly Item[]) {
  return withRetries(table, "dynamodb:BatchGetItem", repeatable, async () => {
    const answer = await table.client.send(
      new BatchGetItemCommand({
        RequestItems: { [table.tableName]: { Keys: [...batch], ConsistentRead: true } },
        ReturnConsumedCapacity: "TOTAL",
      }),
    );
    countCapacity(table, "dynamodb.readUnits", answer.ConsumedCapacity);
    const unprocessed = answer.UnprocessedKeys?.[table.tableName]?.Keys ?? [];
    if (unprocessed.length === batch.length) throw new NothingProcessed();
    return { items: answer.Responses?.[table.tableName] ?? [], unprocessed };
  });
}

/** Named like DynamoDB's own refusal, because that is what an answer without any key is. */
class NothingProcessed extends Error {
  override readonly name = "ProvisionedThroughputExceededException";
  constructor() {
    super("BatchGetItem processed none of its keys");
  }
}

function nameOf(key: Key): string {
  return JSON.stringify([key.pk, key.sk]);
}
