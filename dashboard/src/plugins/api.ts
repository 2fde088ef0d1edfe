import { queryOptions } from "@tanstack/react-query";

import { allItems } from "../api/pages";

export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) => allItems("/plugins", {}, signal),
  staleTime: 30_000,
});

export const taskKindsQuery = queryOptions({
  queryKey: ["task-kinds"],
  queryFn: ({ signal }) => allItems("/task-kinds", {}, signal),
  staleTime: 30_000,
});
