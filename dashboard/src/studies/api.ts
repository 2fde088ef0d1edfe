// Queries and mutations of the study pages.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, remove } from "../api/client";
import { allItems, pagedQuery } from "../api/pages";
import { readAgain } from "../api/queries";
import type { Study, StudyRequest } from "../api/types";

const MOVING_MS = 2000;

const goesOn = (study: { trials: Study["trials"]; state: Study["state"] }) => study.state === "running" || (study.trials["running"] ?? 0) > 0;

/** All studies, for choices. */
export const studiesQuery = queryOptions({
  queryKey: ["studies", { all: true }],
  queryFn: ({ signal }) => allItems("/studies", {}, signal),
});

export const studyPages = infiniteQueryOptions({
  ...pagedQuery(["studies"], "/studies"),
  refetchInterval: (query) => (query.state.data?.pages.some(({ items }) => items.some(goesOn)) ? MOVING_MS : false),
});

export function studyQuery(id: string) {
  return queryOptions({
    queryKey: ["studies", id],
    queryFn: ({ signal }) => get(`/studies/${part(id)}`, {}, signal),
    refetchInterval: (query) => (query.state.data && goesOn(query.state.data) ? MOVING_MS : false),
  });
}

export function trialsQuery(id: string, moving: boolean) {
  return queryOptions({
    queryKey: ["studies", id, "trials"],
    queryFn: ({ signal }) => allItems(`/studies/${part(id)}/trials`, {}, signal),
    refetchInterval: moving ? MOVING_MS : false,
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
      return Promise.all([client.invalidateQueries({ queryKey: studyPages.queryKey, exact: true }), client.invalidateQueries({ queryKey: ["trash"] })]);
    },
  });
}
