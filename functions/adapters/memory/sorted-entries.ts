import type { Query } from "../../../shared/ports/store.ts";

export type SortRange = Pick<Query, "from" | "to" | "order">;

export interface SortedEntry<Value> {
  readonly sort: string;
  readonly value: Value;
}

/** Up to so many new sorts are inserted one by one; beyond, copying the order once is cheaper. */
const spliceMax = 16;

/**
 * A map that answers ranges in sort order. Writing costs one map operation: new sorts are merged
 * into the order only when a range is asked for, so that writers never pay for readers.
 */
export class SortedEntries<Value> {
  /** undefined marks a removed entry whose sort is still in `sorted` or `unsorted`. */
  readonly #values = new Map<string, Value | undefined>();
  #sorted: string[] = [];
  #unsorted: string[] = [];
  #removed = 0;

  /** How many entries there are. */
  get size(): number {
    return this.#values.size - this.#removed;
  }

  get(sort: string): Value | undefined {
    return this.#values.get(sort);
  }

  set(sort: string, value: Value): void {
    const before = this.#values.size;
    const present = this.#values.get(sort);
    this.#values.set(sort, value);
    if (this.#values.size > before) this.#unsorted.push(sort);
    else if (present === undefined) this.#removed -= 1;
  }

  delete(sort: string): void {
    if (this.#values.get(sort) === undefined) return;
    this.#values.set(sort, undefined);
    this.#removed += 1;
    if (this.#removed > 64 && this.#removed > this.#values.size / 2) this.#dropRemoved();
  }

  /** The first `limit` entries of the range that `accept` takes, in its order. */
  find(
    range: SortRange,
    limit: number,
    accept: (value: Value) => boolean = () => true,
  ): SortedEntry<Value>[] {
    this.#mergeUnsorted();
    const first = range.from === undefined ? 0 : this.#placeOf(range.from);
    const end = range.to === undefined ? this.#sorted.length : this.#placeOf(range.to);
    const found: SortedEntry<Value>[] = [];
    const step = range.order === "ascending" ? 1 : -1;
    for (
      let place = step === 1 ? first : end - 1;
      place >= first && place < end && found.length < limit;
      place += step
    ) {
      const sort = this.#sorted[place] ?? "";
      const value = this.#values.get(sort);
      if (value !== undefined && accept(value)) found.push({ sort, value });
    }
    return found;
  }

  /** Index of the first sort that is not below `sort`. */
  #placeOf(sort: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#sorted[middle] ?? "") < sort) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #mergeUnsorted(): void {
    if (this.#unsorted.length === 0) return;
    const fresh = this.#unsorted.sort(compareTexts);
    this.#unsorted = [];
    const last = this.#sorted.at(-1);
    if (last === undefined || last < (fresh[0] ?? "")) {
      for (const sort of fresh) this.#sorted.push(sort);
      return;
    }
    if (fresh.length <= spliceMax) {
      for (const sort of fresh) this.#sorted.splice(this.#placeOf(sort), 0, sort);
      return;
    }
    const merged: string[] = [];
    let next = 0;
    for (const sort of this.#sorted) {
      for (; next < fresh.length && (fresh[next] ?? "") < sort; next++) {
        merged.push(fresh[next] ?? "");
      }
      merged.push(sort);
    }
    for (; next < fresh.length; next++) merged.push(fresh[next] ?? "");
    this.#sorted = merged;
  }

  #dropRemoved(): void {
    for (const [sort, value] of this.#values) {
      if (value === undefined) this.#values.delete(sort);
    }
    this.#sorted = [...this.#values.keys()].sort(compareTexts);
    this.#unsorted = [];
    this.#removed = 0;
  }
}

/** By UTF-16 units, which for the ASCII of keys is the byte order of the other stores. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
