// Queries and mutations of the settings page.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, patch, post, remove } from "../../api/client";
import { allItems } from "../../api/pages";
import { readAgain } from "../../api/queries";

export const deletedQuery = queryOptions({ queryKey: ["deleted-projects"], queryFn: ({ signal }) => allItems("/projects/deleted", {}, signal) });

export const usageQuery = queryOptions({ queryKey: ["usage"], queryFn: ({ signal }) => get("/projects/current/usage", {}, signal) });

export function useRename() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (name: string) => patch("/projects/current", { name }), onSettled: readAgain(client, ["project"], ["projects"]) });
}

export function useArchive() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (archived: boolean) => (archived ? post("/projects/current/archive") : post("/projects/current/unarchive")),
    onSettled: readAgain(client, ["project"], ["projects"]),
  });
}

export function useDelete(onDone: () => void) {
  return useMutation({ mutationFn: (slug: string) => remove("/projects/current", { confirm: slug }), onSuccess: onDone });
}

export function usePurge() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (slug: string) => remove(`/projects/${part(slug)}/purge`), onSettled: readAgain(client, ["deleted-projects"]) });
}

export function useRestore() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (slug: string) => post(`/projects/${part(slug)}/restore`), onSettled: readAgain(client, ["deleted-projects"], ["projects"]) });
}
