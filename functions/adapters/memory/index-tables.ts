import { indexEntriesOf } from "../../../shared/contract/indexes.ts";
import type {
  Candidate,
  IndexEntry,
  Key,
  Query,
  StoredRecord,
} from "../../../shared/ports/store.ts";
import { keyText } from "./apply-change.ts";
import { SortedEntries } from "./sorted-entries.ts";

/** The sort text of an index row: unique per record even when two records share a sort key. */
export function rowSort(sort: string, key: Key): string {
  return `${sort}\u0000${keyText(key)}`;
}

/** Every partition of every index, in memory. */
export class IndexTables {
  readonly #partitions = new Map<string, SortedEntries<Candidate>>();

  /** Follows one record from one state to the next; answers how many index rows that touched. */
  update(before: StoredRecord | undefined, after: StoredRecord | undefined): void {
    if (before !== undefined) {
      if (after === undefined) {
        this.#table("primary", before.key.pk).delete(rowSort(before.key.sk, before.key));
      }
      for (const entry of indexEntriesOf(before)) this.#remove(entry, before.key);
    }
    if (after !== undefined) {
      if (before === undefined) {
        const { key } = after;
        this.#table("primary", key.pk).set(rowSort(key.sk, key), { key, sort: key.sk });
      }
      for (const entry of indexEntriesOf(after)) this.#insert(entry, after.key);
    }
  }

  query(query: Query): readonly Candidate[] {
    const table = this.#partitions.get(tableName(query.index, query.partition));
    return table?.find(query, query.limit).map((entry) => entry.value) ?? [];
  }

  #insert({ index, partition, sort }: IndexEntry, key: Key): void {
    this.#table(index, partition).set(rowSort(sort, key), { key, sort });
  }

  #remove({ index, partition, sort }: IndexEntry, key: Key): void {
    const table = this.#table(index, partition);
    table.delete(rowSort(sort, key));
    if (table.size === 0) this.#partitions.delete(tableName(index, partition));
  }

  #table(index: Query["index"], partition: string): SortedEntries<Candidate> {
    const name = tableName(index, partition);
    let table = this.#partitions.get(name);
    if (table === undefined) {
      table = new SortedEntries();
      this.#partitions.set(name, table);
    }
    return table;
  }
}

function tableName(index: Query["index"], partition: string): string {
  return `${index}\u0000${partition}`;
}
