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
function rowSort(sort: string, key: Key): string {
  return `${sort}\u0000${keyText(key)}`;
}

/** An entry of any index, the records of a partition themselves included. */
type TableEntry = Omit<IndexEntry, "index"> & { readonly index: Query["index"] };

/** Every partition of every index, in memory. */
export class IndexTables {
  readonly #partitions = new Map<string, SortedEntries<Candidate>>();

  /** Follows one record from one state to the next. */
  update(before: StoredRecord | undefined, after: StoredRecord | undefined): void {
    const key = (after ?? before)?.key;
    if (key === undefined) return;
    const olds = before === undefined ? [] : entriesOf(before);
    const news = after === undefined ? [] : entriesOf(after);
    for (const entry of olds) if (!isAmong(news, entry)) this.#remove(entry, key);
    for (const entry of news) if (!isAmong(olds, entry)) this.#insert(entry, key);
  }

  query(query: Query): readonly Candidate[] {
    const table = this.#partitions.get(tableName(query.index, query.partition));
    return table?.find(query, query.limit).map((entry) => entry.value) ?? [];
  }

  #insert({ index, partition, sort }: TableEntry, key: Key): void {
    this.#table(index, partition).set(rowSort(sort, key), { key, sort });
  }

  #remove({ index, partition, sort }: TableEntry, key: Key): void {
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

function entriesOf(record: StoredRecord): readonly TableEntry[] {
  const { key } = record;
  return [{ index: "primary", partition: key.pk, sort: key.sk }, ...indexEntriesOf(record)];
}

function isAmong(entries: readonly TableEntry[], { index, partition, sort }: TableEntry): boolean {
  return entries.some(
    (entry) => entry.sort === sort && entry.partition === partition && entry.index === index,
  );
}
