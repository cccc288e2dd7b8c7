import type { Clock } from "../../shared/ports/clock.ts";

/** Hints of any kind that wait for their time: a binary heap behind one timer, armed for the earliest. */
export class TimedHints<Item> {
  readonly #heap: { readonly atMs: number; readonly hint: Item }[] = [];
  readonly #clock: Clock;
  readonly #due: (hints: readonly Item[]) => void;
  #timer: NodeJS.Timeout | undefined;
  #armedForMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock, due: (hints: readonly Item[]) => void) {
    this.#clock = clock;
    this.#due = due;
  }

  get size(): number {
    return this.#heap.length;
  }

  add(atMs: number, hint: Item): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push({ atMs, hint });
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (this.#at(parent) <= this.#at(index)) break;
      this.#swap(parent, index);
      index = parent;
    }
    this.#arm();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#heap.length = 0;
  }

  #arm(): void {
    const earliest = this.#at(0);
    if (earliest >= this.#armedForMs) return;
    clearTimeout(this.#timer);
    this.#armedForMs = earliest;
    const delayMs = Math.max(0, Math.min(earliest - this.#clock.now(), 2 ** 31 - 1));
    this.#timer = setTimeout(() => this.#fire(), delayMs);
  }

  #fire(): void {
    this.#armedForMs = Number.POSITIVE_INFINITY;
    const nowMs = this.#clock.now();
    const due: Item[] = [];
    while (this.#at(0) <= nowMs) due.push(this.#popEarliest());
    if (due.length > 0) this.#due(due);
    if (this.#heap.length > 0) this.#arm();
  }

  #popEarliest(): Item {
    const heap = this.#heap;
    const last = heap.length - 1;
    this.#swap(0, last);
    const popped = heap.pop();
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const smaller = this.#at(left + 1) < this.#at(left) ? left + 1 : left;
      if (this.#at(smaller) >= this.#at(index)) break;
      this.#swap(smaller, index);
      index = smaller;
    }
    if (popped === undefined) throw new RangeError("no hint to take");
    return popped.hint;
  }

  #at(index: number): number {
    return this.#heap[index]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  #swap(left: number, right: number): void {
    const a = this.#heap[left];
    const b = this.#heap[right];
    if (a === undefined || b === undefined) return;
    this.#heap[left] = b;
    this.#heap[right] = a;
  }
}
