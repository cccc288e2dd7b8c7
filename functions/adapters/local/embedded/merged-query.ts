import { assert } from "../../../../shared/core/errors.ts";
import type { Candidate } from "../../../../shared/ports/store.ts";
import type { Generation } from "./generation.ts";
import type { LevelDatabase } from "./level-database.ts";
import { comparePlaces } from "./overlay-table.ts";
import { placeOfRow, type RowQuery, rowBounds, tableOf } from "./record-rows.ts";

/** A candidate and its place in the order of rows. */
interface FoundRow {
  readonly candidate: Candidate;
  readonly text: string;
}

/** A generation as it was when the query began: slots made later do not count. */
interface SeenGeneration {
  readonly generation: Generation;
  readonly slotCount: number;
}

/**
 * The candidates of a query: the rows on disk, except those of records that changed since, and
 * the rows of the generations (newest first) in their place. Everything in memory is looked up
 * before the first wait, so that a row that goes to disk meanwhile is not missed between the two.
 */
export async function mergedQuery(
  level: LevelDatabase,
  generations: readonly Generation[],
  query: RowQuery,
): Promise<readonly Candidate[]> {
  const seen = generations.map((generation) => ({ generation, slotCount: generation.slots.size }));
  const added = addedRows(generations, query);
  const table = tableOf(query.index, query.partition);
  const stored = level.rows(rowBounds(table, query), query.order === "descending", query.limit);
  const found: Candidate[] = [];
  let next = 0;
  const takeAdded = (before: FoundRow | undefined): void => {
    for (let row = added[next]; row !== undefined; row = added[next]) {
      if (before !== undefined && comparePlace(before, row, query) < 0) return;
      found.push(row.candidate);
      next += 1;
    }
  };
  try {
    while (found.length < query.limit) {
      const rows = await stored.next(query.limit - found.length);
      for (const row of rows) {
        const place = placeOfRow(query, row.slice(table.length));
        if (isReplaced(seen, place.text)) continue;
        takeAdded(place);
        found.push(place.candidate);
      }
      if (rows.length > 0) continue;
      takeAdded(undefined);
      break;
    }
  } finally {
    await stored.close();
  }
  return found.length > query.limit ? found.slice(0, query.limit) : found;
}

/** What the generations add to the range, in its order: no more than a full answer needs. */
function addedRows(generations: readonly Generation[], query: RowQuery): readonly FoundRow[] {
  const added: FoundRow[] = [];
  for (const [layer, generation] of generations.entries()) {
    const newer = generations.slice(0, layer);
    const isNewest = (text: string) => !newer.some(({ slots }) => slots.has(text));
    for (const row of rowsOf(generation, query, isNewest)) added.push(row);
  }
  added.sort((a, b) => comparePlace(a, b, query));
  return added.length > query.limit ? added.slice(0, query.limit) : added;
}

function rowsOf(
  generation: Generation,
  query: RowQuery,
  accept: (text: string) => boolean,
): FoundRow[] {
  if (query.index === "primary") {
    const { from = "", to } = query;
    return generation
      .recordsOf(query.partition)
      .filter(
        ({ key, text }) => key.sk >= from && (to === undefined || key.sk < to) && accept(text),
      )
      .map(({ key, text }) => ({ candidate: { key, sort: key.sk }, text }));
  }
  const rows = generation.table(query.index, query.partition)?.find(query, query.limit, accept);
  return (rows ?? []).map(({ entry, slot: { version } }) => ({
    candidate: { key: version.key, sort: entry.sort },
    text: version.text,
  }));
}

function isReplaced(seen: readonly SeenGeneration[], text: string): boolean {
  return seen.some(({ generation, slotCount }) => {
    const slot = generation.slots.get(text);
    return slot !== undefined && slot.number < slotCount;
  });
}

function comparePlace(a: FoundRow, b: FoundRow, query: RowQuery): number {
  const order = comparePlaces(a.candidate.sort, a.text, b.candidate.sort, b.text);
  assert(order !== 0, `one record has two rows at one place: ${a.text}`);
  return query.order === "ascending" ? order : -order;
}
