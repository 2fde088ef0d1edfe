import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post } from "../api/client";
import type { AliasChange, Model, ModelDetail, Prediction } from "../api/types";

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }) => get<Model[]>("/models", {}, signal),
});

export function modelQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name],
    queryFn: ({ signal }) => get<ModelDetail>(`/models/${part(name)}`, {}, signal),
  });
}

export function historyQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "history"],
    queryFn: ({ signal }) => get<AliasChange[]>(`/models/${part(name)}/history`, {}, signal),
  });
}

export interface Move {
  version: number | null;
  reason: string;
}

/** A version given: promote it; none: go back to the one before. */
export function useMoveChampion(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, reason }: Move) =>
      version === null ? post(`/models/${part(name)}/rollback`, { reason }) : post(`/models/${part(name)}/promote`, { version, reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
}

export function usePredict(name: string) {
  return useMutation({ mutationFn: () => post<Prediction>(`/models/${part(name)}/predict`, {}) });
}
