import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { indexEntriesOf } from "../../../../shared/contract/indexes.ts";
import { tableAttributes, tableIndexes } from "../../../../shared/contract/table.ts";
import { InvariantError } from "../../../../shared/core/errors.ts";
import type { JsonObject } from "../../../../shared/core/json.ts";
import type { Key, NewRecord, RecordType, StoredRecord } from "../../../../shared/ports/store.ts";
import { decodeBody, encodeBody } from "./body-codec.ts";
import { type Item, itemBytes } from "./item-size.ts";

const { partition, sort, type, version, body, expires } = tableAttributes;

/**
 * Whether the top-level numbers of a type's bodies are attributes of their own, so that `add`
 * can reach them. The other types keep the whole body in one attribute, which is smaller.
 */
const numbersApart: Readonly<Record<RecordType, boolean>> = {
  task: false,
  "task-version": false,
  instance: false,
  log: false,
  "payload-claim": false,
  rollup: true,
  checkpoint: false,
  rules: false,
  profile: false,
  pool: false,
  worker: false,
  function: false,
  limit: false,
  slots: false,
  rate: false,
  group: false,
  tenant: false,
  budget: true,
  quota: true,
  lock: false,
  joined: false,
  schedule: false,
  slot: false,
  backfill: false,
  calendar: false,
  trigger: false,
  webhook: false,
  delivery: false,
  finding: false,
};

/** True when `add` works on records of this type. */
export function takesAdd(recordType: RecordType): boolean {
  return numbersApart[recordType];
}

const numberPrefix = "+";

/** The attribute that holds a top-level number of the body; no other attribute starts like this. */
export function numberAttribute(field: string): string {
  return numberPrefix + field;
}

export function keyItem(key: Key): Item {
  return { [partition]: { S: key.pk }, [sort]: { S: key.sk } };
}

export function keyOf(item: Item): Key {
  return { pk: textIn(item, partition), sk: textIn(item, sort) };
}

/** The time to live has whole seconds; never earlier than asked for. */
export function expiresSeconds(expiresAtMs: number): AttributeValue {
  return { N: String(Math.ceil(expiresAtMs / 1_000)) };
}

/** The item that holds a record as its write number `recordVersion` leaves it. */
export function itemOf(record: NewRecord<object>, recordVersion: number): Item {
  const item: Item = {
    ...keyItem(record.key),
    [type]: { S: record.type },
    [version]: { N: String(recordVersion) },
  };
  if (record.expiresAtMs !== undefined) item[expires] = expiresSeconds(record.expiresAtMs);
  for (const entry of indexEntriesOf(record)) {
    item[tableIndexes[entry.index].partition] = { S: entry.partition };
    item[tableIndexes[entry.index].sort] = { S: entry.sort };
  }
  if (!takesAdd(record.type)) {
    item[body] = encodeBody(JSON.stringify(record.body), itemBytes(item) + body.length);
    return item;
  }
  const rest: [string, unknown][] = [];
  for (const [field, value] of Object.entries(record.body)) {
    if (isAddable(value)) item[numberAttribute(field)] = { N: String(value) };
    else if (value !== undefined) rest.push([field, value]);
  }
  if (rest.length > 0) {
    const json = JSON.stringify(Object.fromEntries(rest));
    item[body] = encodeBody(json, itemBytes(item) + body.length);
  }
  return item;
}

/** The record that an item holds. */
export function recordOf(item: Item): StoredRecord {
  const expiresAt = item[expires]?.N;
  const packed = item[body];
  const rest = packed === undefined ? {} : (JSON.parse(decodeBody(packed)) as JsonObject);
  return {
    key: keyOf(item),
    type: recordTypeIn(item),
    version: Number(numberTextIn(item, version)),
    body: { ...rest, ...numbersIn(item) },
    ...(expiresAt === undefined ? {} : { expiresAtMs: Number(expiresAt) * 1_000 }),
  };
}

function numbersIn(item: Item): JsonObject {
  const entries = Object.entries(item).filter(([name]) => name.startsWith(numberPrefix));
  return Object.fromEntries(
    entries.map(([name]) => [name.slice(numberPrefix.length), Number(numberTextIn(item, name))]),
  );
}

/** DynamoDB numbers reach from 1e-130 to 9.9e125; what lies outside stays in the JSON. */
function isAddable(value: unknown): value is number {
  if (typeof value !== "number" || !Number.isFinite(value)) return false;
  const size = Math.abs(value);
  return size === 0 || (size > 1e-100 && size < 1e100);
}

function recordTypeIn(item: Item): RecordType {
  const name = textIn(item, type);
  if (!Object.hasOwn(numbersApart, name)) {
    throw new InvariantError(`An item has the unknown record type "${name}".`);
  }
  return name as RecordType;
}

function textIn(item: Item, name: string): string {
  const text = item[name]?.S;
  if (text === undefined) throw new InvariantError(`An item has no text in "${name}".`);
  return text;
}

function numberTextIn(item: Item, name: string): string {
  const text = item[name]?.N;
  if (text === undefined) throw new InvariantError(`An item has no number in "${name}".`);
  return text;
}
