import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";

import { get, readPage } from "../api/client";
import type { components } from "../api/schema";

export type LoggedEvent = components["schemas"]["EventOut"];

/** Groups of events, by the beginning of their type. */
export const GROUPS = ["run", "study", "model", "prediction", "dataset", "schedule", "automation", "notification", "member", "secret", "project"] as const;

export type EventGroup = (typeof GROUPS)[number];

export function eventsQuery(group: EventGroup | null) {
  return infiniteQueryOptions({
    queryKey: ["events", "history", group],
    queryFn: ({ pageParam, signal }) => readPage("/events/history", { type: group === null ? null : `${group}.`, limit: 50, after: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    select: ({ pages }) => pages.flatMap(({ items }) => items),
  });
}

/** Events after a number, at most 500 of the newest. */
export function sinceQuery(seq: number | null) {
  return queryOptions({
    queryKey: ["events", "since", seq],
    queryFn: ({ signal }) => get("/events/history", { since: seq, limit: 500 }, signal),
    enabled: seq !== null,
  });
}

export const newestQuery = queryOptions({
  queryKey: ["events", "newest"],
  queryFn: ({ signal }) => get("/events/history", { limit: 1 }, signal),
});
