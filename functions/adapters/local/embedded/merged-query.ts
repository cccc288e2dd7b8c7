import type { Candidate } from "../../../../shared/ports/store.ts";
import type { SortedEntries, SortedEntry } from "../../memory/sorted-entries.ts";
import { type Generation, gone, type OverlayRow } from "./generation.ts";
import type { LevelDatabase } from "./level-database.ts";
import { candidateOfRest, type RowQuery, rowBounds, tableOf } from "./record-rows.ts";

/**
 * The candidates of a query: the rows on disk, with what the generations (newest first) add and
 * take away. Everything in memory is looked up at once, before the first wait, so that a row that
 * goes to disk meanwhile is not missed between the two.
 */
export async function mergedQuery(
  level: LevelDatabase,
  generations: readonly Generation[],
  query: RowQuery,
): Promise<readonly Candidate[]> {
  const name = tableOf(query.index, query.partition);
  const overlays: SortedEntries<OverlayRow>[] = [];
  for (const generation of generations) {
    const rows =
      query.index === "primary" ? generation.partition(query.partition) : generation.table(name);
    if (rows !== undefined) overlays.push(rows);
  }
  const added = addedRows(overlays, query);
  const isCovered = (rest: string) => overlays.some((rows) => rows.get(rest) !== undefined);
  const stored = level.rows(rowBounds(name, query), query.order === "descending", query.limit);
  const found: Candidate[] = [];
  let next = 0;
  const takeAdded = (before: string | undefined): void => {
    for (let row = added[next]; row !== undefined; row = added[next]) {
      if (before !== undefined && !comesBefore(row.sort, before, query)) return;
      found.push(row.value);
      next += 1;
    }
  };
  try {
    while (found.length < query.limit) {
      const keys = await stored.next(query.limit - found.length);
      for (const key of keys) {
        const rest = key.slice(name.length);
        if (isCovered(rest)) continue;
        takeAdded(rest);
        found.push(candidateOf(query, rest));
      }
      if (keys.length > 0) continue;
      takeAdded(undefined);
      break;
    }
  } finally {
    await stored.close();
  }
  return found.length > query.limit ? found.slice(0, query.limit) : found;
}

type AddedRow = SortedEntry<Candidate>;

/** What the overlays add to the range, in its order: no more than a full answer needs. */
function addedRows(overlays: readonly SortedEntries<OverlayRow>[], query: RowQuery): AddedRow[] {
  const added: AddedRow[] = [];
  for (const [layer, rows] of overlays.entries()) {
    const newer = overlays.slice(0, layer);
    // A row hidden by a newer layer must not use up the limit: ask for all when one may be.
    const limit = newer.length === 0 ? query.limit : Number.POSITIVE_INFINITY;
    for (const { sort, value } of rows.find(query, limit, (row) => row !== gone)) {
      if (value === gone || newer.some((other) => other.get(sort) !== undefined)) continue;
      added.push({ sort, value });
    }
  }
  added.sort((a, b) => (comesBefore(a.sort, b.sort, query) ? -1 : 1));
  return added.slice(0, query.limit);
}

function comesBefore(sort: string, other: string, query: RowQuery): boolean {
  return query.order === "ascending" ? sort < other : sort > other;
}

function candidateOf(query: RowQuery, rest: string): Candidate {
  if (query.index !== "primary") return candidateOfRest(rest);
  return { key: { pk: query.partition, sk: rest }, sort: rest };
}
