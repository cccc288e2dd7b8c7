import { InvariantError } from "../../../../shared/core/errors.ts";
import type { Candidate, IndexName, Key, Query } from "../../../../shared/ports/store.ts";
import { keyText } from "../../memory/apply-change.ts";
import type { RowEntry } from "./overlay-table.ts";

/**
 * Keys of the rows in LevelDB. Parts are separated by NUL, which no key holds, so that rows sort
 * by their parts. Records: "r" pk sk. Index entries: letter, partition, sort, pk, sk.
 */
export type RowIndex = IndexName | "expiry";

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

/** The row of an index entry of the record with that key text. */
export function indexRow({ index, partition, sort }: RowEntry, text: string): string {
  return `${indexLetters[index]}${partition}${separator}${sort}${separator}${text}`;
}

/** Letter and partition: what all rows of one partition start with. */
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

/** What a row found by a query says; `rest` is its key after the table. */
export function placeOfRow(
  query: RowQuery,
  rest: string,
): { readonly candidate: Candidate; readonly text: string } {
  if (query.index === "primary") {
    const key = { pk: query.partition, sk: rest };
    return { candidate: { key, sort: rest }, text: keyText(key) };
  }
  const sortEnd = rest.indexOf(separator);
  const pkEnd = rest.indexOf(separator, sortEnd + 1);
  const key = { pk: rest.slice(sortEnd + 1, pkEnd), sk: rest.slice(pkEnd + 1) };
  return { candidate: { key, sort: rest.slice(0, sortEnd) }, text: rest.slice(sortEnd + 1) };
}

/** Refuses keys that would break the order of rows. */
export function assertStorableKey(key: Key, text: string): void {
  // The separator between pk and sk is the only one that may be there.
  const isStorable =
    text.indexOf(separator) === key.pk.length && text.indexOf(separator, key.pk.length + 1) === -1;
  if (!isStorable) throw new InvariantError(`the key ${JSON.stringify(key)} holds a NUL character`);
}
