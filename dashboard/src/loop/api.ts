import { queryOptions } from "@tanstack/react-query";

import { get, part } from "../api/client";

/** Steps take minutes; events of models refresh the line at once. */
const REFRESH_MS = 15_000;

export function loopQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "loop"],
    queryFn: ({ signal }) => get(`/models/${part(name)}/loop`, {}, signal),
    refetchInterval: REFRESH_MS,
  });
}
