import { queryOptions } from "@tanstack/react-query";

import { allItems } from "../api/pages";
import type { Plugin, TaskKind } from "../api/types";

export const pluginsQuery = queryOptions({
  queryKey: ["plugins"],
  queryFn: ({ signal }) => allItems<Plugin>("/plugins", {}, signal),
  staleTime: 30_000,
});

export const taskKindsQuery = queryOptions({
  queryKey: ["task-kinds"],
  queryFn: ({ signal }) => allItems<TaskKind>("/task-kinds", {}, signal),
  staleTime: 30_000,
});
