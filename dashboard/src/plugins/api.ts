import { queryOptions } from "@tanstack/react-query";

import { get } from "../api/client";
import type { Plugin } from "../api/types";

export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) => get<Plugin[]>("/plugins", {}, signal),
  staleTime: 30_000,
});
