import { indexEntriesOf } from "../contract/indexes.ts";
import { tableAttributes, tableIndexes } from "../contract/table.ts";
import { utf8Bytes } from "../core/texts.ts";
import type { IndexEntry, Key, StoredRecord } from "../ports/store.ts";

const KiB = 1024;
/** DynamoDB's own overhead per item of an index. */
const indexOverheadBytes = 100;

/**
 * About how large the record is as a DynamoDB item: names and values of its attributes, index
 * attributes included. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(record: StoredRecord): number {
  const names = tableAttributes;
  let bytes = names.partition.length + utf8Bytes(record.key.pk);
  bytes += names.sort.length + utf8Bytes(record.key.sk);
  bytes += names.type.length + record.type.length;
  bytes += names.version.length + numberBytes(record.version);
  bytes += names.body.length + utf8Bytes(JSON.stringify(record.body));
  if (record.expiresAtMs !== undefined) {
    bytes += names.expires.length + numberBytes(Math.floor(record.expiresAtMs / 1000));
  }
  for (const { index, partition, sort } of indexEntriesOf(record)) {
    const { partition: partitionName, sort: sortName } = tableIndexes[index];
    bytes += partitionName.length + utf8Bytes(partition) + sortName.length + utf8Bytes(sort);
  }
  return bytes;
}

/** A number takes about a byte per two digits, and one more. */
function numberBytes(value: number): number {
  return Math.ceil(String(Math.abs(value)).length / 2) + 1;
}

/** About how large a row of a KEYS_ONLY index is. */
export function indexRowBytes(partition: string, sort: string, key: Key): number {
  return (
    utf8Bytes(partition) +
    utf8Bytes(sort) +
    utf8Bytes(key.pk) +
    utf8Bytes(key.sk) +
    indexOverheadBytes
  );
}

/**
 * Write units of one change on the table itself, by the larger of the two images. A lost
 * condition costs the same as a write of what is there; `changesInWrite` above one is a
 * transaction, which costs double, and so do its checks.
 */
export function writeUnits(
  before: StoredRecord | undefined,
  after: StoredRecord | undefined,
  changesInWrite: number,
): number {
  const bytes = Math.max(
    before === undefined ? 0 : itemBytes(before),
    after === undefined ? 0 : itemBytes(after),
  );
  return Math.max(1, Math.ceil(bytes / KiB)) * (changesInWrite > 1 ? 2 : 1);
}

/**
 * Write units of the KEYS_ONLY indexes for one accepted change: one for a new row, one for a
 * removed row, two for a row whose key changes, none for a row that stays. Never doubled by a
 * transaction, because indexes follow outside it.
 */
export function indexUnits(
  before: StoredRecord | undefined,
  after: StoredRecord | undefined,
): number {
  const olds = before === undefined ? [] : indexEntriesOf(before);
  const news = after === undefined ? [] : indexEntriesOf(after);
  return missingFrom(news, olds) + missingFrom(olds, news);
}

function missingFrom(others: readonly IndexEntry[], entries: readonly IndexEntry[]): number {
  return entries.filter(
    (entry) =>
      !others.some(
        (other) =>
          other.index === entry.index &&
          other.partition === entry.partition &&
          other.sort === entry.sort,
      ),
  ).length;
}

/** Read units of one strongly consistent read by key; looking at nothing costs one, too. */
export function keyReadUnits(record: StoredRecord | undefined): number {
  return record === undefined ? 1 : Math.ceil(itemBytes(record) / (4 * KiB));
}

/** Read units of one eventually consistent query that reads so many bytes. */
export function queryReadUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / (4 * KiB))) / 2;
}
