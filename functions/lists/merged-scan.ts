import { justAfter, keys, paddedNumber, partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Candidate, IndexName, Query, Store } from "../../shared/ports/store.ts";

export interface ScanRange {
  readonly tenant: string;
  readonly task?: string | undefined;
  readonly group?: string | undefined;
  /** Submitted at this instant or later. */
  readonly sinceMs?: number | undefined;
  /** Submitted before this instant. */
  readonly untilMs?: number | undefined;
  /** The sort key of the last candidate seen, not to be seen again. */
  readonly after?: string | undefined;
  readonly order: Query["order"];
}

interface Partition {
  readonly index: IndexName;
  readonly partition: string;
  buffer: Candidate[];
  from: string | undefined;
  to: string | undefined;
  exhausted: boolean;
}

/** How many partitions are asked at once. */
const askedAtOnce = 32;

/**
 * Candidates of instances by time of submission: of one task or group, or of all the tenant's tasks
 * merged. Reads ahead only as far as it must.
 */
export class MergedScan {
  readonly #store: Store;
  readonly #order: Query["order"];
  readonly #partitions: readonly Partition[];

  private constructor(store: Store, order: Query["order"], open: readonly Partition[]) {
    this.#store = store;
    this.#order = order;
    this.#partitions = open;
  }

  static async open(store: Store, range: ScanRange): Promise<MergedScan> {
    const { sinceMs, untilMs, after, order } = range;
    const bounds = {
      from: sinceMs === undefined ? undefined : timeBound(sinceMs),
      to: untilMs === undefined ? undefined : timeBound(untilMs),
    };
    const places = await placesOf(store, range);
    const open = places.map((place): Partition => {
      const partition: Partition = { ...place, ...bounds, buffer: [], exhausted: false };
      if (after !== undefined) moveBehind(partition, after, order);
      return partition;
    });
    return new MergedScan(store, order, open);
  }

  /** The next candidates in order, at most `count`; fewer only when there are no more. */
  async take(count: number): Promise<readonly Candidate[]> {
    const taken: Candidate[] = [];
    while (taken.length < count) {
      await this.#fill(count - taken.length);
      let best: Partition | undefined;
      let drained = false;
      while (taken.length < count && !drained) {
        best = this.#first();
        const candidate = best?.buffer.shift();
        if (best === undefined || candidate === undefined) return taken;
        taken.push(candidate);
        // An empty buffer may hide the next candidate: ask before going on.
        drained = best.buffer.length === 0 && !best.exhausted;
      }
    }
    return taken;
  }

  /** True when nothing is left to take. */
  async isDone(): Promise<boolean> {
    await this.#fill(1);
    return this.#first() === undefined;
  }

  async #fill(wanted: number): Promise<void> {
    const empty = this.#partitions.filter(
      ({ buffer, exhausted }) => buffer.length === 0 && !exhausted,
    );
    // Merged partitions give about their share each; twice as much saves most second questions.
    const count = this.#partitions.length;
    const share = count === 1 ? wanted : Math.ceil((2 * wanted) / count);
    const limit = Math.min(limits.storePageMax, Math.max(Math.min(wanted, 10), share));
    for (let i = 0; i < empty.length; i += askedAtOnce) {
      await Promise.all(empty.slice(i, i + askedAtOnce).map((open) => this.#ask(open, limit)));
    }
  }

  async #ask(open: Partition, limit: number): Promise<void> {
    const { index, partition, from, to } = open;
    if (from !== undefined && to !== undefined && from >= to) {
      open.exhausted = true;
      return;
    }
    const found = await this.#store.query({
      index,
      partition,
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      order: this.#order,
      limit,
    });
    open.buffer = [...found];
    open.exhausted = found.length < limit;
    const last = found.at(-1);
    if (last !== undefined) moveBehind(open, last.sort, this.#order);
  }

  #first(): Partition | undefined {
    let best: Partition | undefined;
    for (const open of this.#partitions) {
      const sort = open.buffer[0]?.sort;
      const bestSort = best?.buffer[0]?.sort;
      if (sort === undefined) continue;
      if (
        bestSort === undefined ||
        (this.#order === "ascending" ? sort < bestSort : sort > bestSort)
      ) {
        best = open;
      }
    }
    return best;
  }
}

function moveBehind(open: Partition, sort: string, order: Query["order"]): void {
  if (order === "descending") {
    if (open.to === undefined || sort < open.to) open.to = sort;
    return;
  }
  const from = justAfter(sort);
  if (open.from === undefined || from > open.from) open.from = from;
}

async function placesOf(
  store: Store,
  { tenant, task, group }: ScanRange,
): Promise<readonly { readonly index: IndexName; readonly partition: string }[]> {
  if (task !== undefined) return [{ index: "task", partition: partitions.byTask(tenant, task) }];
  if (group !== undefined) {
    return [{ index: "group", partition: partitions.byGroup(tenant, group) }];
  }
  const names = await taskNames(store, tenant);
  return names.map((name) => ({ index: "task", partition: partitions.byTask(tenant, name) }));
}

/** The names of all the tenant's tasks, in order. */
export async function taskNames(store: Store, tenant: string): Promise<readonly string[]> {
  const names: string[] = [];
  let from: string | undefined;
  for (;;) {
    const found = await store.query({
      index: "primary",
      partition: keys.taskHead(tenant, "").pk,
      ...(from === undefined ? {} : { from }),
      order: "ascending",
      limit: limits.storePageMax,
    });
    for (const { key } of found) names.push(key.sk);
    const last = found.at(-1);
    if (last === undefined || found.length < limits.storePageMax) return names;
    from = justAfter(last.sort);
  }
}

/** Times before 1970 or beyond the sort key's digits bound nothing. */
function timeBound(atMs: number): string {
  return paddedNumber(Math.min(Math.max(0, atMs), 99_999_999_999_999), 14);
}
