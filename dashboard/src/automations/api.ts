// Queries and mutations of the schedule pages.
import { infiniteQueryOptions, keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, put, remove } from "../api/client";
import { pagedQuery } from "../api/pages";
import { readAgain } from "../api/queries";
import type { Schedule, ScheduleRequest, Timing } from "../api/types";

const MOVING_MS = 3000;
const REPEATABLE = 100;

/** The project stream has no states of a schedule's runs, so schedules with unfinished runs are read again at intervals. */
function moves(schedules: readonly Schedule[]): boolean {
  return schedules.some(({ newest_fires }) => newest_fires.some(({ run_state }) => run_state === "queued" || run_state === "running"));
}

export const schedulePages = infiniteQueryOptions({
  ...pagedQuery(["schedules"], "/schedules"),
  refetchInterval: (query) => (query.state.data?.pages.some(({ items }) => moves(items)) ? MOVING_MS : false),
});

export function scheduleQuery(id: string) {
  return queryOptions({
    queryKey: ["schedules", id],
    queryFn: ({ signal }) => get(`/schedules/${part(id)}`, {}, signal),
    refetchInterval: (query) => (query.state.data && moves([query.state.data]) ? MOVING_MS : false),
  });
}

/** Next times of a timing; null disables the query. */
export function timesQuery(timing: Timing | null) {
  return queryOptions({
    queryKey: ["schedule-times", timing],
    queryFn: () => post("/schedules/times", timing),
    enabled: timing !== null,
    placeholderData: keepPreviousData,
    retry: false,
  });
}

/** Runs that a schedule can repeat (those executed by a plugin), newest first. */
export const repeatableQuery = queryOptions({
  queryKey: ["runs", "repeatable"],
  queryFn: async ({ signal }) => {
    const page = await get("/runs", { limit: REPEATABLE }, signal);
    return page.items.filter(({ kind }) => kind === "train" || kind === "agent");
  },
});

export function useCreateSchedule() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: ScheduleRequest) => post("/schedules", request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["schedules"] }),
  });
}

export function useReplaceSchedule(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: ScheduleRequest) => put(`/schedules/${part(id)}`, request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["schedules"] }),
  });
}

function useAction<T>(act: () => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: readAgain(client, ["schedules"], ["runs"]),
  });
}

export const usePauseSchedule = (id: string) => useAction(() => post(`/schedules/${part(id)}/pause`));
export const useResumeSchedule = (id: string) => useAction(() => post(`/schedules/${part(id)}/resume`));
export const useRunNow = (id: string) => useAction(() => post(`/schedules/${part(id)}/run`));

/** Leave the schedule's page first: a repeated read of the deleted schedule would fail. */
export function useDeleteSchedule(id: string, leave: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/schedules/${part(id)}`),
    onSuccess: () => {
      leave();
      client.removeQueries({ queryKey: ["schedules", id] });
      return client.invalidateQueries({ queryKey: schedulePages.queryKey, exact: true });
    },
  });
}
