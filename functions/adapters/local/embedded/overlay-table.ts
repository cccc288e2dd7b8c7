import type { IndexEntry } from "../../../../shared/ports/store.ts";
import type { Slot } from "./generation.ts";
import type { RowIndex, RowQuery } from "./record-rows.ts";

/** An index entry as the store keeps them: those of the port, and when a record expires. */
export type RowEntry = Omit<IndexEntry, "index"> & { readonly index: RowIndex };

/** An entry that a version made; it holds as long as the slot still lists it. */
export interface OverlayRow {
  readonly entry: RowEntry;
  readonly slot: Slot;
}

/**
 * The rows that one generation adds to one partition of an index. Adding costs a push; rows are
 * brought into order when somebody asks. Rows whose record has moved on stay and are passed over.
 */
export class OverlayTable {
  #sorted: OverlayRow[] = [];
  #fresh: OverlayRow[] = [];

  add(row: OverlayRow): void {
    this.#fresh.push(row);
  }

  /** The first `limit` rows of the range that still hold and that `accept` takes, in its order. */
  find(query: RowQuery, limit: number, accept: (text: string) => boolean): OverlayRow[] {
    this.#mergeFresh();
    const first = query.from === undefined ? 0 : this.#placeOf(query.from);
    const end = query.to === undefined ? this.#sorted.length : this.#placeOf(query.to);
    const ascending = query.order === "ascending";
    const found: OverlayRow[] = [];
    for (let count = 0; count < end - first && found.length < limit; count++) {
      const row = this.#sorted[ascending ? first + count : end - 1 - count];
      if (row === undefined) break;
      if (row.slot.entries.includes(row.entry) && accept(row.slot.version.text)) found.push(row);
    }
    return found;
  }

  /** Index of the first row whose sort is not below `sort`. */
  #placeOf(sort: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle]?.entry.sort ?? "") < sort) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #mergeFresh(): void {
    if (this.#fresh.length === 0) return;
    const fresh = this.#fresh.sort(compareRows);
    this.#fresh = [];
    const [last, first] = [this.#sorted.at(-1), fresh[0]];
    if (last === undefined || first === undefined || compareRows(last, first) < 0) {
      for (const row of fresh) this.#sorted.push(row);
      return;
    }
    const merged: OverlayRow[] = [];
    let next = 0;
    for (const row of this.#sorted) {
      for (let other = fresh[next]; other !== undefined; other = fresh[next]) {
        if (compareRows(row, other) < 0) break;
        merged.push(other);
        next += 1;
      }
      merged.push(row);
    }
    this.#sorted = merged.concat(fresh.slice(next));
  }
}

function compareRows(a: OverlayRow, b: OverlayRow): number {
  return comparePlaces(a.entry.sort, a.slot.version.text, b.entry.sort, b.slot.version.text);
}

/** The order of index rows: by sort key, then by the record's key. */
export function comparePlaces(sortA: string, textA: string, sortB: string, textB: string): number {
  if (sortA !== sortB) return sortA < sortB ? -1 : 1;
  return textA < textB ? -1 : textA > textB ? 1 : 0;
}
