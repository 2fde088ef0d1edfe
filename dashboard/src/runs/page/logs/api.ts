// Reads of a run's log: its size, its pages of lines, and a search.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, part } from "../../../api/client";

/** Lines of one request. */
export const LINES = 500;
const FRESH_MS = 1000;

export type Level = "debug" | "info" | "warning" | "error";

/** The size of a log; null is the newest attempt. Read again every second while lines may be added. */
export function logQuery(id: string, attempt: number | null, state: string) {
  return queryOptions({
    queryKey: ["run", id, "log", attempt, "size", state],
    queryFn: ({ signal }) => get(`/runs/${part(id)}/log`, { attempt, last: 1, limit: 1 }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.open || state === "queued" || state === "running" ? FRESH_MS : false),
  });
}

/** One page of lines. `end` is the number of lines that the page has now, so a growing page is read again. */
export function linesQuery(id: string, attempt: number, page: number, end: number) {
  return queryOptions({
    queryKey: ["run", id, "log", attempt, "page", page, end],
    queryFn: async ({ signal }) => (await get(`/runs/${part(id)}/log`, { attempt, after: page * LINES, limit: LINES }, signal)).lines,
    placeholderData: keepPreviousData, // a page that grows keeps its lines while the new ones are read
    staleTime: Infinity,
    gcTime: 60_000,
  });
}

export function searchQuery(id: string, attempt: number, search: string, level: Level | null, enabled: boolean) {
  return infiniteQueryOptions({
    queryKey: ["run", id, "log", attempt, "search", search, level],
    queryFn: ({ signal, pageParam }) => get(`/runs/${part(id)}/log`, { attempt, after: pageParam, search, level, limit: LINES }, signal),
    initialPageParam: 0,
    getNextPageParam: (last) => last.next ?? undefined,
    enabled,
  });
}
