import type { PageQuery } from "../../shared/contract/http/requests.ts";
import { justAfter } from "../../shared/contract/keys.ts";
import { limits } from "../../shared/core/limits.ts";
import type { Query, StoredRecord } from "../../shared/ports/store.ts";
import type { Engine } from "../runtime/engine.ts";
import { type CursorBinding, makeCursor, placeOfCursor } from "./cursor.ts";

/** A list of all records of a range, page by page. */
export interface RecordList extends Omit<Query, "index" | "limit"> {
  readonly binding: CursorBinding;
  /** A page has no more, whatever is asked for. */
  readonly sizeMax?: number;
}

/** The records of one page, and where the next one begins; what was deleted meanwhile is left out. */
export async function recordPage(
  { store, ids }: Pick<Engine, "store" | "ids">,
  { binding, sizeMax = limits.storePageMax, ...range }: RecordList,
  { limit = limits.pageSizeDefault, cursor }: PageQuery,
): Promise<{
  readonly records: readonly StoredRecord[];
  readonly next: { readonly nextCursor?: string };
}> {
  const place = placeOfCursor(ids, binding, cursor);
  const ascending = range.order === "ascending";
  const size = Math.min(limit, sizeMax);
  const found = await store.query({
    index: "primary",
    ...range,
    ...(place === undefined ? {} : ascending ? { from: justAfter(place) } : { to: place }),
    limit: size + 1,
  });
  const shown = found.slice(0, size);
  const records = await store.getMany(shown.map(({ key }) => key));
  const last = shown.at(-1);
  const goesOn = last !== undefined && found.length > size;
  return {
    records: records.filter((record) => record !== undefined),
    next: goesOn ? { nextCursor: makeCursor(ids, binding, last.sort) } : {},
  };
}
