import type { Candidate, Key, RecordType, StoredRecord } from "../../../../shared/ports/store.ts";
import { SortedEntries } from "../../memory/sorted-entries.ts";
import { type IndexRow, indexRowsOf } from "./record-rows.ts";

/** The newest version of one record within a generation. */
export interface Slot {
  readonly key: Key;
  readonly text: string;
  readonly type: RecordType;
  /** The record as it is stored; undefined when it is deleted. */
  line: string | undefined;
  /** The commit group that carries it. */
  group: number;
  /** What the layers below hold; only until their rows are known. */
  below: StoredRecord | undefined;
  readonly isBelow: boolean;
  /** The parsed record; only until its rows are known. */
  latest: StoredRecord | undefined;
  unindexed: boolean;
  rowsBelow: readonly IndexRow[] | undefined;
  rows: readonly IndexRow[];
}

/** A row that a generation adds (its candidate) or takes away (`gone`). */
export type OverlayRow = Candidate | typeof gone;
export const gone = Symbol("gone");

const noRows: readonly IndexRow[] = [];
/** Versions that follow each other quickly are indexed once; more than so many are not put off. */
const unindexedMax = 1_024;

/**
 * The newest versions since some moment, and what they add to and take away from the indexes.
 * First written to, then frozen and read while it goes to disk, then dropped as a whole.
 */
export class Generation {
  readonly slots = new Map<string, Slot>();
  readonly #tables = new Map<string, SortedEntries<OverlayRow>>();
  #unindexed: Slot[] = [];
  /** Characters of the lines held. */
  chars = 0;
  /** The position of the newest change in it. */
  lastPosition = 0;
  /** The group that carries that change. */
  lastGroup = 0;

  get(text: string): Slot | undefined {
    return this.slots.get(text);
  }

  /** Takes over a version; `below` is what the record was before its first change here. */
  put(
    text: string,
    key: Key,
    type: RecordType,
    below: StoredRecord | undefined,
    latest: StoredRecord | undefined,
    line: string | undefined,
    group: number,
  ): void {
    let slot = this.slots.get(text);
    if (slot === undefined) {
      slot = {
        key,
        text,
        type,
        line: undefined,
        group,
        below,
        isBelow: below !== undefined,
        latest: undefined,
        unindexed: false,
        rowsBelow: undefined,
        rows: noRows,
      };
      this.slots.set(text, slot);
      this.chars += text.length;
    }
    this.chars += (line?.length ?? 0) - (slot.line?.length ?? 0);
    slot.line = line;
    slot.group = group;
    slot.latest = latest;
    if (slot.unindexed) return;
    slot.unindexed = true;
    this.#unindexed.push(slot);
    if (this.#unindexed.length >= unindexedMax) this.index();
  }

  /** Brings the rows up to date with the versions. */
  index(): void {
    const slots = this.#unindexed;
    if (slots.length === 0) return;
    this.#unindexed = [];
    for (const slot of slots) this.#indexSlot(slot);
  }

  /** The rows of an index's table, or undefined when this generation changes none of them. */
  table(name: string): SortedEntries<OverlayRow> | undefined {
    this.index();
    return this.#tables.get(name);
  }

  /** The versions of one partition, as rows of the primary index. */
  partition(partition: string): SortedEntries<OverlayRow> {
    const rows = new SortedEntries<OverlayRow>();
    // A look at every slot is cheaper than keeping an order that few queries ask for.
    for (const { key, line } of this.slots.values()) {
      if (key.pk !== partition) continue;
      rows.set(key.sk, line === undefined ? gone : { key, sort: key.sk });
    }
    return rows;
  }

  #indexSlot(slot: Slot): void {
    slot.unindexed = false;
    if (slot.rowsBelow === undefined) {
      slot.rowsBelow = slot.below === undefined ? noRows : indexRowsOf(slot.below);
      slot.rows = slot.rowsBelow;
      slot.below = undefined;
    }
    const rows = slot.latest === undefined ? noRows : indexRowsOf(slot.latest);
    slot.latest = undefined;
    for (const row of missingFrom(rows, slot.rows)) this.#tableNamed(row.table).set(row.rest, gone);
    for (const row of missingFrom(slot.rows, rows)) {
      this.#tableNamed(row.table).set(row.rest, { key: slot.key, sort: row.sort });
    }
    slot.rows = rows;
  }

  #tableNamed(name: string): SortedEntries<OverlayRow> {
    let table = this.#tables.get(name);
    if (table === undefined) {
      table = new SortedEntries();
      this.#tables.set(name, table);
    }
    return table;
  }
}

/** The rows that `others` does not have. */
export function missingFrom(
  others: readonly IndexRow[],
  rows: readonly IndexRow[],
): readonly IndexRow[] {
  if (others.length === 0) return rows;
  return rows.filter(
    (row) => !others.some((other) => other.rest === row.rest && other.table === row.table),
  );
}
