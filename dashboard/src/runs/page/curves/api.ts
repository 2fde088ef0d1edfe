// Reads of a run's curves: their list, their points, and a range of a long curve.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, part } from "../../../api/client";
import { curvesOf } from "../../curves/curves";

/** Charts on one page of the list of curves. */
export const CHARTS = 24;
/** No more points than a chart has pixels, two for each. */
const POINTS = 1600;
/** Several charts are small. */
const FEWER_POINTS = 700;
const FRESH_MS = 3000;

export function seriesQuery(id: string, search: string, after: string | null, live: boolean) {
  return queryOptions({
    queryKey: ["run", id, "series", search, after],
    queryFn: ({ signal }) => get(`/runs/${part(id)}/series`, { search, after, limit: CHARTS }, signal),
    placeholderData: keepPreviousData,
    refetchInterval: live ? FRESH_MS : false,
  });
}

/** Points of the named curves; `between` are steps. */
export function pointsQuery(id: string, names: readonly string[], between: readonly [number, number] | null, live: boolean) {
  return queryOptions({
    queryKey: ["run", id, "points", names, between],
    queryFn: async ({ signal }) => {
      const [from, to] = between ?? [null, null];
      return curvesOf(await get(`/runs/${part(id)}/metrics`, { series: names, max_points: names.length > 4 ? FEWER_POINTS : POINTS, times: "true", from_step: from, to_step: to }, signal));
    },
    enabled: names.length > 0,
    placeholderData: keepPreviousData,
    staleTime: live ? 0 : 60_000,
    refetchInterval: live ? FRESH_MS : false,
  });
}
