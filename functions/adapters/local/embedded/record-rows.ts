import { indexEntriesOf } from "../../../../shared/contract/indexes.ts";
import { paddedNumber } from "../../../../shared/contract/keys.ts";
import { assert } from "../../../../shared/core/errors.ts";
import type {
  Candidate,
  IndexName,
  Key,
  Query,
  StoredRecord,
} from "../../../../shared/ports/store.ts";
import { keyText } from "../../memory/apply-change.ts";

/**
 * Keys of the rows in LevelDB. Parts are separated by NUL, which no key holds, so that rows sort
 * by their parts. Records: "r" pk sk. Index entries: letter, partition, sort, pk, sk.
 */
type RowIndex = IndexName | "expiry";

/** A query of the store's own, too: which records expire next. */
export type RowQuery = Omit<Query, "index"> & { readonly index: RowIndex | "primary" };

const indexLetters = {
  wake: "w",
  task: "t",
  group: "g",
  queue: "q",
  expiry: "x",
} as const satisfies Record<RowIndex, string>;

const separator = "\u0000";
const afterSeparator = "\u0001";

/** Facts of the store itself. */
export const metaRows = {
  format: `m${separator}format`,
  materialised: `m${separator}materialised`,
} as const;

export function recordRow(text: string): string {
  return `r${text}`;
}

/** One index row of a record: the table it is in, and its key there. */
export interface IndexRow {
  /** Letter and partition; what all rows of one partition start with. */
  readonly table: string;
  /** The rest of the row's key. */
  readonly rest: string;
  readonly sort: string;
}

const noRows: readonly IndexRow[] = [];

/** The index rows that belong to a record, from the record alone. */
export function indexRowsOf(record: StoredRecord): readonly IndexRow[] {
  const entries = indexEntriesOf(record);
  if (entries.length === 0 && record.expiresAtMs === undefined) return noRows;
  const text = keyText(record.key);
  const rows = entries.map(({ index, partition, sort }) => row(index, partition, sort, text));
  if (record.expiresAtMs !== undefined) {
    rows.push(row("expiry", "", paddedNumber(record.expiresAtMs, 14), text));
  }
  return rows;
}

function row(index: RowIndex, partition: string, sort: string, text: string): IndexRow {
  return { table: tableOf(index, partition), rest: `${sort}${separator}${text}`, sort };
}

export function tableOf(index: RowIndex | "primary", partition: string): string {
  const letter = index === "primary" ? "r" : indexLetters[index];
  return `${letter}${partition}${separator}`;
}

/** The keys in LevelDB between which a query's rows lie. */
export function rowBounds(
  table: string,
  { from, to }: Pick<Query, "from" | "to">,
): { gte: string; lt: string } {
  return {
    gte: `${table}${from ?? ""}`,
    lt: to === undefined ? `${table.slice(0, -1)}${afterSeparator}` : `${table}${to}`,
  };
}

/** What the rest of an index row's key says. */
export function candidateOfRest(rest: string): Candidate {
  const [sort, pk, sk] = rest.split(separator);
  assert(
    sort !== undefined && pk !== undefined && sk !== undefined,
    `an index row has a malformed key: ${JSON.stringify(rest)}`,
  );
  return { key: { pk, sk }, sort };
}

/** Refuses keys that would break the order of rows. */
export function assertStorableKey(key: Key, text: string): void {
  // The separator between pk and sk is the only one that may be there.
  assert(
    text.indexOf(separator) === key.pk.length && text.indexOf(separator, key.pk.length + 1) === -1,
    `the key ${JSON.stringify(key)} holds a NUL character`,
  );
}
