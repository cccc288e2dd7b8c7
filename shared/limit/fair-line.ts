import { limits } from "../core/limits.ts";

/** Whose turn it is when something waits, and how urgent it is. */
export interface Place {
  readonly tenant: string;
  /** Of one tenant's work, what belongs together: its group, or else its task. */
  readonly lane: string;
  readonly priority: number;
  /** When it came to wait. */
  readonly atMs: number;
}

interface Waiting<Item> {
  readonly item: Item;
  /** As for `lineSort`: each step of priority counts as having come so much earlier. */
  readonly placeMs: number;
  readonly seq: number;
}

/**
 * A line in which tenants take turns, within a tenant its lanes, and within a lane the urgent and
 * those who have waited long come first. So whoever is first of its lane waits for no more than one
 * of each other lane of its tenant, and with each of these for one of each other tenant.
 */
export class FairLine<Item> {
  /** In the order of their turns: whoever has had one goes to the end. */
  readonly #tenants = new Map<string, Map<string, Heap<Item>>>();
  #seq = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  push(item: Item, { tenant, lane, priority, atMs }: Place): void {
    let lanes = this.#tenants.get(tenant);
    if (lanes === undefined) {
      lanes = new Map();
      this.#tenants.set(tenant, lanes);
    }
    let heap = lanes.get(lane);
    if (heap === undefined) {
      heap = new Heap();
      lanes.set(lane, heap);
    }
    const placeMs = atMs + (limits.priorityMax - priority) * limits.priorityStepMs;
    heap.push({ item, placeMs, seq: this.#seq++ });
    this.#size += 1;
  }

  /** What `shift` would take. */
  peek(): Item | undefined {
    return first(first(this.#tenants)?.[1])?.[1].peek()?.item;
  }

  shift(): Item | undefined {
    const [tenant, lanes] = first(this.#tenants) ?? [];
    const [lane, heap] = first(lanes) ?? [];
    if (tenant === undefined || lanes === undefined) return undefined;
    if (lane === undefined || heap === undefined) return undefined;
    const taken = heap.pop();
    lanes.delete(lane);
    if (heap.size > 0) lanes.set(lane, heap);
    this.#tenants.delete(tenant);
    if (lanes.size > 0) this.#tenants.set(tenant, lanes);
    if (taken !== undefined) this.#size -= 1;
    return taken?.item;
  }
}

function first<Value>(map: ReadonlyMap<string, Value> | undefined): [string, Value] | undefined {
  for (const entry of map ?? []) return entry;
  return undefined;
}

/** A binary heap: the best placed first, and of equals whoever came first. */
class Heap<Item> {
  readonly #items: Waiting<Item>[] = [];

  get size(): number {
    return this.#items.length;
  }

  peek(): Waiting<Item> | undefined {
    return this.#items[0];
  }

  push(waiting: Waiting<Item>): void {
    const items = this.#items;
    let index = items.length;
    items.push(waiting);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.#isBefore(index, parent)) break;
      this.#swap(index, parent);
      index = parent;
    }
  }

  pop(): Waiting<Item> | undefined {
    const items = this.#items;
    if (items.length > 1) this.#swap(0, items.length - 1);
    const taken = items.pop();
    for (let index = 0; ; ) {
      const left = 2 * index + 1;
      const better = this.#isBefore(left + 1, left) ? left + 1 : left;
      if (!this.#isBefore(better, index)) break;
      this.#swap(better, index);
      index = better;
    }
    return taken;
  }

  /** False where there is nothing at the first place. */
  #isBefore(one: number, other: number): boolean {
    const a = this.#items[one];
    const b = this.#items[other];
    if (a === undefined || b === undefined) return false;
    return a.placeMs < b.placeMs || (a.placeMs === b.placeMs && a.seq < b.seq);
  }

  #swap(one: number, other: number): void {
    const a = this.#items[one];
    const b = this.#items[other];
    if (a === undefined || b === undefined) return;
    this.#items[one] = b;
    this.#items[other] = a;
  }
}
