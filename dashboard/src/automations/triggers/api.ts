// Queries and mutations of the automation pages.
import { infiniteQueryOptions, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, put, remove } from "../../api/client";
import { allItems, pagedQuery } from "../../api/pages";
import { readAgain } from "../../api/queries";
import type { Automation, AutomationRequest, DryRunRequest } from "../../api/types";

const MOVING_MS = 3000;

/** The project stream has no single steps of firings, so automations with an unfinished firing are read again at intervals. */
function moves(automations: readonly Automation[]): boolean {
  return automations.some(({ newest_firings }) => newest_firings.some(({ state }) => state === "running"));
}

export const automationPages = infiniteQueryOptions({
  ...pagedQuery(["automations"], "/automations"),
  refetchInterval: (query) => (query.state.data?.pages.some(({ items }) => moves(items)) ? MOVING_MS : false),
});

export function automationQuery(id: string) {
  return queryOptions({
    queryKey: ["automations", id],
    queryFn: ({ signal }) => get(`/automations/${part(id)}`, {}, signal),
    refetchInterval: (query) => (query.state.data && moves([query.state.data]) ? MOVING_MS : false),
  });
}

/** Dry run of a stored automation over the past month; requested only when the user starts it. */
export function dryRunQuery(id: string, asked: boolean) {
  return queryOptions({
    queryKey: ["automation-dry-run", id],
    queryFn: ({ signal }) => get(`/automations/${part(id)}/dry-run`, {}, signal),
    enabled: asked,
    retry: false,
  });
}

/** Measures that an automation can watch. */
export const measuresQuery = queryOptions({
  queryKey: ["measures"],
  queryFn: ({ signal }) => allItems("/automations/measures", {}, signal),
  staleTime: 30_000,
});

export function useCreateAutomation() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: AutomationRequest) => post("/automations", request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["automations"] }),
  });
}

/** Change the automation at the revision that was read; the server refuses if it has changed since. */
export function useChangeAutomation(id: string, revision: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: AutomationRequest) => put(`/automations/${part(id)}`, { ...request, revision }),
    onSettled: readAgain(client, ["automations"], ["automation-dry-run", id]),
  });
}

/** Dry run of an unsaved automation over the past month. */
export function useTryAutomation() {
  return useMutation({ mutationFn: (request: DryRunRequest) => post("/automations/dry-run", request) });
}

function useAction(id: string, action: "pause" | "resume" | "fire") {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => post(`/automations/${part(id)}/${action}`),
    onSettled: readAgain(client, ["automations"], ["runs"]),
  });
}

export const usePauseAutomation = (id: string) => useAction(id, "pause");
export const useResumeAutomation = (id: string) => useAction(id, "resume");
export const useFireAutomation = (id: string) => useAction(id, "fire");

/** Leave the automation's page first: a repeated read of the deleted automation would fail. */
export function useDeleteAutomation(id: string, leave: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/automations/${part(id)}`),
    onSuccess: () => {
      leave();
      client.removeQueries({ queryKey: ["automations", id] });
      return client.invalidateQueries({ queryKey: automationPages.queryKey, exact: true });
    },
  });
}
