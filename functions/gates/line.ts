import { lineSort, partitions } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Instance } from "../../shared/instance/instance.ts";
import type { Store } from "../../shared/ports/store.ts";

/** The first of a line, seen from an instance that is in it or would join it. */
export interface LineAround {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** Reads at most so many of the first of a line, the best placed first. */
export async function lineAround(
  store: Store,
  { tenant, id, priority, dueAtMs }: Instance,
  waitingFor: string,
  max: number,
): Promise<LineAround> {
  const own = lineSort(priority, dueAtMs, id);
  const line = await store.query({
    index: "queue",
    partition: partitions.waiting(tenant, waitingFor),
    order: "ascending",
    limit: max,
  });
  const idsWhere = (wanted: (sort: string) => boolean): readonly string[] =>
    line.filter(({ sort }) => wanted(sort)).map(({ sort }) => idOfSort(sort));
  return {
    before: idsWhere((sort) => sort < own),
    after: idsWhere((sort) => sort > own),
  };
}

/** The first of a line. */
export async function firstWaiters(
  store: Store,
  tenant: string,
  waitingFor: string,
  max: number,
): Promise<readonly string[]> {
  const line = await store.query({
    index: "queue",
    partition: partitions.waiting(tenant, waitingFor),
    order: "ascending",
    limit: Math.min(max, limits.storePageMax),
  });
  return line.map(({ sort }) => idOfSort(sort));
}

/** The id at the end of a `lineSort` text. */
export function idOfSort(sort: string): string {
  return sort.slice(sort.lastIndexOf("#") + 1);
}
