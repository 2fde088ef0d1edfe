import { queryOptions } from "@tanstack/react-query";

import { get, part } from "../api/client";
import type { RunState } from "../api/types";

export function runsOf(state: RunState | null, limit: number) {
  return queryOptions({
    queryKey: ["runs", "home", state, limit],
    queryFn: ({ signal }) => get("/runs", { state, limit }, signal),
  });
}

/** The models of the home page; the others are on the page of models. */
export const homeModels = queryOptions({
  queryKey: ["models", "home"],
  queryFn: ({ signal }) => get("/models", { limit: 8 }, signal),
});

export function versionQuery(model: string, version: number) {
  return queryOptions({
    queryKey: ["models", model, "version", version],
    queryFn: ({ signal }) => get(`/models/${part(model)}/versions/${String(version)}`, {}, signal),
  });
}

export const homeDatasets = queryOptions({
  queryKey: ["datasets", "home"],
  queryFn: ({ signal }) => get("/datasets", { limit: 1 }, signal),
});
