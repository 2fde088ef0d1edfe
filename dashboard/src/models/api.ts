import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, postForm } from "../api/client";
import { allItems, pagedQuery } from "../api/pages";
import { LIVE_MODELS, readAgain } from "../api/queries";
import type { GatePolicyRequest, PredictRequest } from "../api/types";
import { useStoppable } from "./useStoppable";

/** All models with their live state, for the list that is searched while typing and for the home page. */
export const modelsQuery = queryOptions({
  queryKey: LIVE_MODELS,
  queryFn: ({ signal }) => allItems("/models", { live: "true" }, signal),
});

export function modelQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name],
    queryFn: ({ signal }) => get(`/models/${part(name)}`, {}, signal),
  });
}

/** One version, whether or not it is among those that the model shows. */
export function versionQuery(name: string, version: number) {
  return queryOptions({
    queryKey: ["models", name, "version", version],
    queryFn: ({ signal }) => get(`/models/${part(name)}/versions/${String(version)}`, {}, signal),
  });
}

export function versionPages(name: string) {
  return pagedQuery(["models", name, "versions"], `/models/${part(name)}/versions`);
}

/** The version to which a rollback of the champion would return. */
export function rollbackQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "rollback"],
    queryFn: ({ signal }) => get(`/models/${part(name)}/rollback`, {}, signal),
  });
}

export function historyQuery(name: string) {
  return pagedQuery(["models", name, "history"], `/models/${part(name)}/history`);
}

/** Open promotions, which wait for another member's approval. */
export function waitingQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "waiting"],
    queryFn: ({ signal }) => allItems(`/models/${part(name)}/promotions`, { waiting: "true" }, signal),
  });
}

export interface Decision {
  number: number;
  approve: boolean;
  reason: string | null;
}

/** Approve or decline a waiting promotion. */
export function useDecide(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ number, approve, reason }: Decision) =>
      approve
        ? post(`/models/${part(name)}/promotions/${String(number)}/approve`, { reason })
        : post(`/models/${part(name)}/promotions/${String(number)}/decline`, { reason }),
    onSettled: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
}

export interface Move {
  version: number;
  reason: string;
}

/** Promote the given version. */
export function usePromote(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ version, reason }: Move) => post(`/models/${part(name)}/promote`, { version, reason }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
}

/** Roll the champion back; refused if it is no longer the version that the person saw. */
export function useRollback(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ from, reason }: { from: number; reason: string | null }) =>
      post(`/models/${part(name)}/rollback`, { from_version: from, ...(reason === null ? {} : { reason }) }),
    onSettled: readAgain(client, ["models"]),
  });
}

/** The policy in force. */
export function policyQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "policy"],
    queryFn: ({ signal }) => get(`/models/${part(name)}/policy`, {}, signal),
  });
}

export function useSetPolicy(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: GatePolicyRequest) => post(`/models/${part(name)}/policies`, request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models", name, "policy"] }),
  });
}

export function deploymentsQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "deployments"],
    queryFn: ({ signal }) => allItems(`/models/${part(name)}/deployments`, {}, signal),
  });
}

export interface DeploymentStart {
  version: number;
  mode: "shadow" | "canary";
  share_percent: number;
  reason: string;
}

/** Start a shadow or canary deployment, or end the one with the given number. */
export function useDeploy(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (asked: DeploymentStart | { number: number; reason: string }) =>
      "number" in asked
        ? post(`/models/${part(name)}/deployments/${String(asked.number)}/end`, { reason: asked.reason })
        : post(`/models/${part(name)}/deployments`, asked),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models", name, "deployments"] }),
  });
}

export function lineageQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "lineage"],
    queryFn: ({ signal }) => get(`/models/${part(name)}/lineage`, {}, signal),
  });
}

export function cardQuery(name: string, version: number, language: string) {
  return queryOptions({
    queryKey: ["models", name, "card", version, language],
    queryFn: ({ signal }) => get(`/models/${part(name)}/versions/${String(version)}/card`, { language }, signal),
  });
}

export function useIntendedUse(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (text: string) => post(`/models/${part(name)}/intended-use`, { intended_use: text }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["models", name, "card"] }),
  });
}

export function useImportBundle() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (file: File) => {
      const form = new FormData();
      form.append("file", file);
      return postForm("/models/import", form);
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ["models"] }),
  });
}

/** State at a past moment; outcomes are added as they become known. */
export function asOfQuery(name: string, at: string | null, series: string | null) {
  return queryOptions({
    queryKey: ["models", name, "as-of", at, series],
    queryFn: ({ signal }) => get(`/models/${part(name)}/as-of`, { at, series }, signal),
    enabled: at !== null,
  });
}

/** A forecast, which can be stopped while it is computed. */
export function usePredict(name: string) {
  const client = useQueryClient();
  return useStoppable(
    (request: PredictRequest, signal) => post(`/models/${part(name)}/predict`, request, signal),
    () => client.invalidateQueries({ queryKey: ["predictions"] }),
  );
}
