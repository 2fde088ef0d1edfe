import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post } from "../api/client";
import type { components } from "../api/schema";

type Schemas = components["schemas"];

export type LedgerPage = Schemas["PredictionPage"];
export type LedgerLine = Schemas["PredictionOut"];
export type LedgerDetail = Schemas["PredictionDetail"];
export type LiveScores = Schemas["LiveScores"];
export type LiveScore = Schemas["LiveScore"];
export type Drift = Schemas["DriftOut"];

export const LINES = 20;

export function ledgerQuery(model: string, after: string | null) {
  return queryOptions({
    queryKey: ["predictions", model, "ledger", after],
    queryFn: ({ signal }) => get("/predictions", { model, after, limit: LINES }, signal),
  });
}

/** Newest predictions that are looked through for one series. */
const NEWEST = 50;

/** The newest predictions of a version. */
export function newestPredictionsQuery(model: string, version: number) {
  return queryOptions({
    queryKey: ["predictions", model, "newest", version],
    queryFn: ({ signal }) => get("/predictions", { model, version, limit: NEWEST }, signal),
  });
}

export function predictionQuery(id: string) {
  return queryOptions({
    queryKey: ["predictions", "one", id],
    queryFn: ({ signal }) => get(`/predictions/${part(id)}`, {}, signal),
  });
}

export function liveScoresQuery(model: string) {
  return queryOptions({
    queryKey: ["predictions", model, "scores"],
    queryFn: ({ signal }) => get(`/models/${part(model)}/live-scores`, {}, signal),
  });
}

export function driftQuery(model: string) {
  return queryOptions({
    queryKey: ["predictions", model, "drift"],
    queryFn: ({ signal }) => get(`/models/${part(model)}/drift`, {}, signal),
    retry: false,
  });
}

/** Check for drift now; the first check of a version reads its training rows and takes longer. */
export function useLookForDrift(model: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => post(`/models/${part(model)}/drift`),
    onSuccess: (found) => client.setQueryData(driftQuery(model).queryKey, found),
  });
}

/** Predict over a whole dataset, as a run. The key makes a repeated request start nothing. */
export function usePredictAll(model: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ dataset, key }: { dataset: string | null; key: string }) =>
      post("/runs", { kind: "predict", model, idempotency_key: key, ...(dataset === null ? {} : { dataset }) }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["runs"] }),
  });
}

const BATCHES = 5;
const PROGRESS_MS = 2000;

/** The newest batch predictions of a model. */
export function batchesQuery(model: string) {
  return queryOptions({
    queryKey: ["runs", "batches", model],
    queryFn: ({ signal }) => get("/runs", { filter: `kind = predict AND model = ${JSON.stringify(model)}`, limit: BATCHES }, signal),
    refetchInterval: ({ state }) => (state.data?.items.some((run) => run.state === "running" || run.state === "queued") ? PROGRESS_MS : false),
  });
}
