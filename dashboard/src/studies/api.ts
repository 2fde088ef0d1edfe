// Queries and mutations of the study pages.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, remove } from "../api/client";
import { allItems, pagedQuery } from "../api/pages";
import { readAgain } from "../api/queries";
import type { StudyRequest } from "../api/types";

/** All studies, for choices. */
export const studiesQuery = queryOptions({
  queryKey: ["studies", { all: true }],
  queryFn: ({ signal }) => allItems("/studies", {}, signal),
});

/** Studies of a state ("": any) with a part of a name; the project's stream keeps them up to date. */
export function studyPages(state: string, name: string) {
  return infiniteQueryOptions({
    ...pagedQuery(["studies", state, name], "/studies", { state: state === "" ? null : state, name: name === "" ? null : name }),
    placeholderData: (before) => before,
  });
}

export function studyQuery(id: string) {
  return queryOptions({
    queryKey: ["studies", id],
    queryFn: ({ signal }) => get(`/studies/${part(id)}`, {}, signal),
  });
}

export function trialsQuery(id: string) {
  return queryOptions({
    queryKey: ["studies", id, "trials"],
    queryFn: ({ signal }) => allItems(`/studies/${part(id)}/trials`, {}, signal),
  });
}

/** The time between two readings of the values of running trials. */
const RUNNING_MS = 5000;

/** The trials with their intermediate values; read again after each further trial that has ended, and while one runs. */
export function curvesQuery(id: string, ended: number, isRunning: boolean) {
  return queryOptions({
    queryKey: ["study-curves", id, ended],
    queryFn: ({ signal }) => allItems(`/studies/${part(id)}/trials`, { curves: "true" }, signal),
    enabled: ended > 0 || isRunning,
    refetchInterval: isRunning ? RUNNING_MS : false,
    placeholderData: (before) => before,
    staleTime: Infinity,
  });
}

/** The run that retrains the winner, under the key of runs, which the project's stream keeps up to date. */
export function winnerQuery(runId: string) {
  return queryOptions({
    queryKey: ["runs", "winner", runId],
    queryFn: ({ signal }) => get(`/runs/${part(runId)}`, {}, signal),
  });
}

/** Read again after each further complete trial. */
export function importanceQuery(id: string, complete: number) {
  return queryOptions({
    queryKey: ["study-importance", id, complete],
    queryFn: ({ signal }) => get(`/studies/${part(id)}/importance`, {}, signal),
    enabled: complete >= 4,
    placeholderData: (before) => before,
    staleTime: Infinity,
  });
}

export function spaceQuery(plugin: string) {
  return queryOptions({
    queryKey: ["study-space", plugin],
    queryFn: ({ signal }) => get(`/studies/spaces/${part(plugin)}`, {}, signal),
    enabled: plugin !== "",
    staleTime: 60_000,
  });
}

export function useCreateStudy() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: StudyRequest) => post("/studies", request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["studies"] }),
  });
}

function useAction<T>(act: () => Promise<T>) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: act,
    onSettled: readAgain(client, ["studies"], ["runs"]),
  });
}

export const usePauseStudy = (id: string) => useAction(() => post(`/studies/${part(id)}/pause`));
export const useResumeStudy = (id: string) => useAction(() => post(`/studies/${part(id)}/resume`));
export const useStopStudy = (id: string) => useAction(() => post(`/studies/${part(id)}/stop`));
export const useRetrain = (id: string, trial: number) => useAction(() => post(`/studies/${part(id)}/retrain`, { trial }));

/** Leave the study's page first: a repeated read of the deleted study would fail. */
export function useDeleteStudy(id: string, leave: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/studies/${part(id)}`),
    onSuccess: () => {
      leave();
      client.removeQueries({ queryKey: ["studies", id] });
      return Promise.all([client.invalidateQueries({ queryKey: ["studies"] }), client.invalidateQueries({ queryKey: ["trash"] })]);
    },
  });
}
