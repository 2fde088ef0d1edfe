// Lists of the API, which returns them in pages: loaded completely, or page by page on request.
import { infiniteQueryOptions } from "@tanstack/react-query";

import { readPage, type Query } from "./client";
import type { Item, List, Page } from "./routes";

/** Maximum number of items in one page of the API. */
const MOST = 500;

/** All items of a list, for choices and for figures over the whole list. */
export async function allItems<const P extends List>(path: P, query: Query, signal: AbortSignal): Promise<Item<P>[]> {
  const items: Item<P>[] = [];
  let after: string | null = null;
  do {
    const page: Page<P> = await readPage(path, { limit: MOST, ...query, after }, signal);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** A list that grows by a page at a time. */
export function pagedQuery<const P extends List>(queryKey: readonly string[], path: P, query: Query = {}) {
  return infiniteQueryOptions({
    queryKey: [...queryKey, { pages: true }] as readonly unknown[],
    queryFn: ({ pageParam, signal }) => readPage(path, { ...query, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}
