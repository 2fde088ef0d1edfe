// Queries and mutations of the feed pages.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post } from "../api/client";
import { pagedQuery } from "../api/pages";
import { readAgain } from "../api/queries";
import type { CutRequest, FeedRequest, FeedRowIn } from "../api/types";

/** The project's stream reports created, started, stopped and closed feeds; numbers of rows are read every few seconds. */
const READ_MS = 3000;

export const feedPages = infiniteQueryOptions({ ...pagedQuery(["feeds"], "/feeds", {}), refetchInterval: READ_MS });

export function feedQuery(name: string) {
  return queryOptions({
    queryKey: ["feeds", name],
    queryFn: ({ signal }) => get(`/feeds/${part(name)}`, {}, signal),
    refetchInterval: READ_MS,
  });
}

/** The newest rows, read again when the log has grown to `rows`. */
export function lastRowsQuery(id: string, last: number, rows: number) {
  return queryOptions({
    queryKey: ["feeds", id, "rows", last, rows],
    queryFn: ({ signal }) => get(`/feeds/${part(id)}/rows`, { last }, signal),
    placeholderData: (before) => before,
  });
}

export function chartQuery(id: string, column: string, key: string | null, last: number, rows: number) {
  return queryOptions({
    queryKey: ["feeds", id, "chart", column, key, last, rows],
    queryFn: ({ signal }) => get(`/feeds/${part(id)}/chart`, { column, key, last }, signal),
    placeholderData: (before) => before,
  });
}

function useAction<Asked, T>(act: (asked: Asked) => Promise<T>) {
  const client = useQueryClient();
  return useMutation({ mutationFn: act, onSettled: readAgain(client, ["feeds"], ["runs"]) });
}

export const useCreateFeed = () => useAction((request: FeedRequest) => post("/feeds", request));
export const useStartCollector = (id: string) => useAction(() => post(`/feeds/${part(id)}/start`));
export const useStopCollector = (id: string) => useAction(() => post(`/feeds/${part(id)}/stop`));
export const useCloseFeed = (id: string) => useAction(() => post(`/feeds/${part(id)}/close`));
export const usePostRows = (id: string) => useAction((rows: FeedRowIn[]) => post(`/feeds/${part(id)}/rows`, { rows }));

export function useCut(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: CutRequest) => post(`/feeds/${part(id)}/cut`, request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["datasets"] }),
  });
}
