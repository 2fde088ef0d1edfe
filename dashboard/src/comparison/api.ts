// Runs side by side.
import { queryOptions } from "@tanstack/react-query";

import { get, part } from "../api/client";
import type { components } from "../api/schema";

export type Comparison = components["schemas"]["ComparisonOut"];
export type Pair = components["schemas"]["PairOut"];

export function comparisonQuery(ids: readonly string[]) {
  return queryOptions({
    queryKey: ["comparison", ...ids],
    queryFn: ({ signal }) => get("/comparisons", { run: ids }, signal),
    enabled: ids.length > 1,
  });
}

export function pairQuery(a: string, b: string) {
  return queryOptions({
    queryKey: ["comparison", "pair", a, b],
    queryFn: ({ signal }) => get("/comparisons/pair", { a, b }, signal),
    enabled: a !== "" && b !== "" && a !== b,
    staleTime: 60_000,
  });
}

export function curveQuery(id: string, series: string) {
  return queryOptions({
    queryKey: ["comparison", "curve", id, series],
    queryFn: ({ signal }) => get(`/runs/${part(id)}/metrics`, { series, max_points: 500 }, signal),
    enabled: series !== "",
    staleTime: 60_000,
  });
}
