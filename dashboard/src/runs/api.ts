// Queries and mutations of the run pages.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, patch, post, put, remove } from "../api/client";
import { readAgain } from "../api/queries";
import { Problem } from "../api/problem";
import { isOfMachine } from "./curves/curves";
import type { Metrics, RunChange, RunDetail, RunRequest, StoredEvaluation } from "../api/types";

/** No more points than a wide screen has pixels. */
const MOST_POINTS = 2000;

export function runQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => get(`/runs/${part(id)}`, {}, signal),
  });
}

/** Points of each curve where there are several; charts that are zoomed read more. */
const FEWER_POINTS = 1000;
/** Curves that the page reads at first; the tab "Curves" reads the others. */
const FIRST_SERIES = 12;

/** The curves of the overview: losses, use of the machine, and the first others. */
function firstSeries(run: RunDetail): string[] {
  const leads = run.metric_series.filter((name) => name === "loss" || name === "validation_loss" || isOfMachine(name));
  return [...leads, ...run.metric_series.filter((name) => !leads.includes(name)).slice(0, FIRST_SERIES)];
}

export interface RunSnapshot {
  run: RunDetail;
  metrics: Metrics;
}

/** The run first, for its cursor, then its metrics: nothing can fall between. */
const FOLLOW_UPS_MS = 2000;

export function snapshotQuery(id: string) {
  return queryOptions({
    queryKey: ["run", id, "snapshot"],
    queryFn: async ({ signal }): Promise<RunSnapshot> => {
      const run = await get(`/runs/${part(id)}`, {}, signal);
      const series = firstSeries(run);
      const metrics = await get(`/runs/${part(id)}/metrics`, { series, max_points: series.length > 4 ? FEWER_POINTS : MOST_POINTS, times: "true" }, signal);
      return { run, metrics };
    },
    staleTime: 0,
    gcTime: 0, // a page that is opened again begins from a new cursor
    // The stream ends with the run; later results, such as explanations, are found by polling.
    refetchInterval: ({ state }) => ((state.data?.run.follow_ups.length ?? 0) > 0 ? FOLLOW_UPS_MS : false),
    refetchOnWindowFocus: false, // the live stream keeps it fresh
    refetchOnReconnect: false,
  });
}

/** Null if the evaluation is not yet known or the run was never evaluated. */
export function evaluationQuery(id: string, wanted: boolean) {
  return queryOptions({
    queryKey: ["run", id, "evaluation"],
    queryFn: async ({ signal }): Promise<StoredEvaluation | null> => {
      try {
        return await get(`/evaluations/${part(id)}`, {}, signal);
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
    enabled: wanted,
    staleTime: 60_000,
  });
}

export function useStartRun() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: RunRequest) => post("/runs", request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

function useRunAction(id: string, action: "cancel" | "resume") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => post(`/runs/${part(id)}/${action}`),
    onSettled: readAgain(client, ["run", id], ["runs"]),
  });
}

export const useCancelRun = (id: string) => useRunAction(id, "cancel");
export const useResumeRun = (id: string) => useRunAction(id, "resume");

/** Pin a run, so that the policy never deletes it, or remove the pin. */
export function useChangeRun(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (change: RunChange): Promise<unknown> => patch(`/runs/${part(id)}`, change),
    onSettled: readAgain(client, ["run", id]),
  });
}

export function usePinRun(id: string, pinned: boolean) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (): Promise<unknown> => (pinned ? remove(`/runs/${part(id)}/pin`) : put(`/runs/${part(id)}/pin`)),
    onSettled: readAgain(client, ["run", id]),
  });
}
