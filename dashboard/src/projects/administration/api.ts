// Queries and mutations of the administration page.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, patch, post, put } from "../../api/client";
import { allItems } from "../../api/pages";
import { readAgain } from "../../api/queries";
import type { QuotaLimits } from "../../api/types";

export const peopleQuery = queryOptions({ queryKey: ["platform", "people"], queryFn: ({ signal }) => allItems("/platform/people", {}, signal) });

export const sizesQuery = queryOptions({ queryKey: ["platform", "projects"], queryFn: ({ signal }) => allItems("/platform/projects", {}, signal) });

export const settingsQuery = queryOptions({ queryKey: ["platform", "settings"], queryFn: ({ signal }) => get("/platform/settings", {}, signal) });

/** The link stays in the form that shows it: finished mutations are not kept. */
export function useCreatePerson() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => post("/platform/people", { name }),
    onSettled: readAgain(client, ["platform", "people"]),
    gcTime: 0,
  });
}

export function useFirstLink() {
  return useMutation({ mutationFn: (id: string) => post(`/platform/people/${part(id)}/link`), gcTime: 0 });
}

export interface PersonChange {
  id: string;
  change: { disabled: boolean } | { administrator: boolean };
}

export function useChangePerson(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, change }: PersonChange) => patch(`/platform/people/${part(id)}`, change),
    onSuccess: onDone,
    onSettled: readAgain(client, ["platform", "people"], ["account"]),
  });
}

export function useSetQuota(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ slug, limits }: { slug: string; limits: QuotaLimits }) => put(`/platform/projects/${part(slug)}/quota`, limits),
    onSuccess: onDone,
    onSettled: readAgain(client, ["platform", "projects"], ["usage"]),
  });
}
