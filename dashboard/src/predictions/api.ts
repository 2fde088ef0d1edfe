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

/** Predict over a whole dataset, as a run. */
export function usePredictAll(model: string) {
  return useMutation({
    mutationFn: (dataset: string | null) => post("/runs", { kind: "predict", model, ...(dataset === null ? {} : { dataset }) }),
  });
}
