import { RejectionError } from "../../shared/core/errors.ts";
import { canonicalJson, type JsonValue } from "../../shared/core/json.ts";
import type { Ids } from "../../shared/ports/clock.ts";

/** What a list must share with the list before it for a cursor to make sense. */
export interface CursorBinding {
  readonly tenant: string;
  readonly operation: string;
  readonly filters: Readonly<Record<string, unknown>>;
}

const digestChars = 16;

/**
 * A cursor names the last place of a page and carries a digest of that place, the tenant and the
 * filters, so that one of another list is noticed. It is no secret and grants nothing: places are
 * only ever looked up below the caller's own tenant.
 */
export function makeCursor(ids: Ids, binding: CursorBinding, place: string): string {
  return Buffer.from(digest(ids, binding, place) + place, "utf8").toString("base64url");
}

/** The place in a cursor of this very list; throws a RejectionError for any other text. */
export function placeOfCursor(
  ids: Ids,
  binding: CursorBinding,
  cursor: string | undefined,
): string | undefined {
  if (cursor === undefined) return undefined;
  const text = Buffer.from(cursor, "base64url").toString("utf8");
  const place = text.slice(digestChars);
  if (place !== "" && makeCursor(ids, binding, place) === cursor) return place;
  throw new RejectionError({
    code: "invalid_cursor",
    detail: "the cursor was not issued for this list with these filters",
    pointer: "cursor",
    suggestion: "take nextCursor of the page before and keep the filters, or start without cursor",
  });
}

function digest(ids: Ids, { tenant, operation, filters }: CursorBinding, place: string): string {
  // Filters come from a parsed query string or body, so they are JSON.
  const bound = canonicalJson([tenant, operation, filters as JsonValue, place]);
  return ids.fingerprint(bound).slice(0, digestChars);
}
