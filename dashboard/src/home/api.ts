import { queryOptions } from "@tanstack/react-query";

import { get } from "../api/client";
import type { RunState } from "../api/types";

export function runsOf(state: RunState | null, limit: number) {
  return queryOptions({
    queryKey: ["runs", "home", state, limit],
    queryFn: ({ signal }) => get("/runs", { state, limit }, signal),
  });
}

export const homeDatasets = queryOptions({
  queryKey: ["datasets", "home"],
  queryFn: ({ signal }) => get("/datasets", { limit: 1 }, signal),
});
