import type { ListPage } from "../../shared/contract/http/views.ts";

/** A list too long for one answer: iterate its items, or its pages. */
export interface Listing<Item, Page extends PageLike<Item> = ListPage<Item>>
  extends AsyncIterable<Item> {
  /** Page by page, as the server cuts them; a page may be empty while more follow. */
  pages(): AsyncIterable<Page>;
}

interface PageLike<Item> {
  readonly items: readonly Item[];
  readonly nextCursor?: string | undefined;
}

/** Reads pages only as they are asked for. */
export function openListing<Item, Page extends PageLike<Item>>(
  fetchPage: (cursor: string | undefined) => Promise<Page>,
): Listing<Item, Page> {
  const pages = (): AsyncIterable<Page> => pagesOf(fetchPage);
  return {
    pages,
    async *[Symbol.asyncIterator]() {
      for await (const page of pages()) yield* page.items;
    },
  };
}

/** Follows the cursors of any kind of page to the end. */
export async function* pagesOf<Page extends { readonly nextCursor?: string | undefined }>(
  fetchPage: (cursor: string | undefined) => Promise<Page>,
): AsyncGenerator<Page> {
  let cursor: string | undefined;
  do {
    const page = await fetchPage(cursor);
    yield page;
    cursor = page.nextCursor;
  } while (cursor !== undefined);
}

/** Query text of filters: lists are repeated, absent ones left out. */
export function queryOf(
  filters: Readonly<Record<string, string | number | readonly string[] | undefined>>,
): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value === undefined) continue;
    if (typeof value === "string" || typeof value === "number") query.append(name, String(value));
    else for (const each of value) query.append(name, each);
  }
  // Signatures and servers disagree about what a plus sign stands for.
  const text = query.toString().replaceAll("+", "%20");
  return text === "" ? "" : `?${text}`;
}
