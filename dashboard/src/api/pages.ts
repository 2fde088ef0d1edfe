// Lists of the API, which answers them page by page: whole, or as far as the reader asks.
import { infiniteQueryOptions } from "@tanstack/react-query";

import { get, type Query } from "./client";

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

/** The most items that the API answers at once. */
const MOST = 500;

/** All items of a list, for choices and for figures over the whole list. */
export async function allItems<Item>(path: string, query: Query, signal: AbortSignal): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | null = null;
  do {
    const page: Page<Item> = await get<Page<Item>>(path, { limit: MOST, ...query, after }, signal);
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

/** A list that grows by a page at a time. */
export function pagedQuery<Item>(queryKey: readonly string[], path: string) {
  return infiniteQueryOptions({
    queryKey: [...queryKey, { pages: true }] as readonly unknown[],
    queryFn: ({ pageParam, signal }) => get<Page<Item>>(path, { after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}
