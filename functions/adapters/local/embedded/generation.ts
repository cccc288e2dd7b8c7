import { indexEntriesOf } from "../../../../shared/contract/indexes.ts";
import { paddedNumber } from "../../../../shared/contract/keys.ts";
import type { StoredRecord } from "../../../../shared/ports/store.ts";
import { OverlayTable, type RowEntry } from "./overlay-table.ts";
import type { RowIndex } from "./record-rows.ts";
import type { Version } from "./version.ts";

/** A record that changed within a generation. */
export interface Slot {
  /** How many slots the generation had before: tells later ones from those a query has seen. */
  readonly number: number;
  /** Its newest version. */
  version: Version;
  readonly isBelow: boolean;
  /** The record as the layers below hold it; only until its entries are known. */
  below: StoredRecord | undefined;
  /** Its index entries there. */
  entriesBelow: readonly RowEntry[] | undefined;
  /** The index entries of the newest version, once indexed. */
  entries: readonly RowEntry[];
  unindexed: boolean;
}

const noEntries: readonly RowEntry[] = [];
/** What a slot and an overlay row weigh beside the line, in characters. */
const slotChars = 200;
const rowChars = 50;

/**
 * The newest versions since some moment, and what they make of the indexes. First written to,
 * then frozen and read while it goes to disk, then dropped as a whole.
 */
export class Generation {
  readonly slots = new Map<string, Slot>();
  #unindexed: Slot[] = [];
  readonly #tables: Record<RowIndex, Map<string, OverlayTable>> = {
    wake: new Map(),
    task: new Map(),
    group: new Map(),
    queue: new Map(),
    expiry: new Map(),
  };
  /** About how much memory it holds, in characters; it never shrinks, whatever is replaced. */
  chars = 0;
  /** The position of the newest change in it, and the group that carries it. */
  lastPosition = 0;
  lastGroup = 0;

  /** Takes over a version; `below` is what the record was before its first change here. */
  put(version: Version, below: StoredRecord | undefined): void {
    let slot = this.slots.get(version.text);
    if (slot === undefined) {
      slot = {
        number: this.slots.size,
        version,
        isBelow: below !== undefined,
        below,
        entriesBelow: undefined,
        entries: noEntries,
        unindexed: false,
      };
      this.slots.set(version.text, slot);
    } else {
      slot.version.bytes = undefined;
      slot.version = version;
    }
    this.chars += slotChars + (version.line?.length ?? version.end - version.start);
    if (slot.unindexed) return;
    slot.unindexed = true;
    this.#unindexed.push(slot);
  }

  /** The rows this generation adds to a partition of an index; undefined when it never added any. */
  table(index: RowIndex, partition: string): OverlayTable | undefined {
    // Indexed only when somebody asks: most versions are replaced or on disk before that.
    const slots = this.#unindexed;
    this.#unindexed = [];
    for (const slot of slots) this.#indexSlot(slot);
    return this.#tables[index].get(partition);
  }

  /** The versions of one partition that are records, in no order. */
  recordsOf(partition: string): Version[] {
    const found: Version[] = [];
    // A look at every slot is cheaper than keeping an order that few queries ask for.
    for (const { version } of this.slots.values()) {
      if (version.key.pk === partition && version.record !== undefined) found.push(version);
    }
    return found;
  }

  #indexSlot(slot: Slot): void {
    slot.unindexed = false;
    if (slot.entriesBelow === undefined) {
      slot.entriesBelow = rowEntriesOf(slot.below);
      slot.entries = slot.entriesBelow;
      slot.below = undefined;
    }
    const present = slot.entries;
    const entries = [...rowEntriesOf(slot.version.record)];
    // The layers below are passed over for a record that changed here, so the first version needs
    // a row for every entry. Later, an entry that stays keeps its identity and so its row.
    const isFirst = present === slot.entriesBelow;
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index];
      if (entry === undefined) continue;
      const same = isFirst ? undefined : present.find((other) => isSameEntry(other, entry));
      if (same !== undefined) {
        entries[index] = same;
        continue;
      }
      this.#tableOf(entry).add({ entry, slot });
      this.chars += rowChars;
    }
    slot.entries = entries;
  }

  #tableOf({ index, partition }: RowEntry): OverlayTable {
    let table = this.#tables[index].get(partition);
    if (table === undefined) {
      table = new OverlayTable();
      this.#tables[index].set(partition, table);
    }
    return table;
  }
}

/** What a slot changes in the index rows on disk. */
export function rowChangesOf(slot: Slot): {
  readonly removed: readonly RowEntry[];
  readonly added: readonly RowEntry[];
} {
  const below = slot.entriesBelow ?? rowEntriesOf(slot.below);
  const entries = slot.unindexed ? rowEntriesOf(slot.version.record) : slot.entries;
  return { removed: missingFrom(entries, below), added: missingFrom(below, entries) };
}

/** The index entries of a record in this store, from the record alone. */
function rowEntriesOf(record: StoredRecord | undefined): readonly RowEntry[] {
  if (record === undefined) return noEntries;
  const entries = indexEntriesOf(record);
  if (record.expiresAtMs === undefined) return entries;
  const sort = paddedNumber(record.expiresAtMs, 14);
  return [...entries, { index: "expiry", partition: "", sort }];
}

/** The entries that `others` does not have. */
function missingFrom(
  others: readonly RowEntry[],
  entries: readonly RowEntry[],
): readonly RowEntry[] {
  if (others.length === 0) return entries;
  return entries.filter((entry) => !others.some((other) => isSameEntry(other, entry)));
}

function isSameEntry(a: RowEntry, b: RowEntry): boolean {
  return a.sort === b.sort && a.index === b.index && a.partition === b.partition;
}
