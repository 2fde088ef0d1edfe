// Queries and mutations of notification targets and messages.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, put, remove } from "../../api/client";
import { allItems } from "../../api/pages";
import { readAgain } from "../../api/queries";
import type { TargetRequest } from "../../api/types";

const SHOWN = 10;

export const targetsQuery = queryOptions({
  queryKey: ["notification-targets"],
  queryFn: ({ signal }) => allItems("/notifications/targets", {}, signal),
});

export const messagesQuery = queryOptions({
  queryKey: ["notifications"],
  queryFn: ({ signal }) => get("/notifications", { limit: SHOWN }, signal).then(({ items }) => items),
});

/** Add a target, or change the target with this id. */
export function useStoreTarget(id?: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: TargetRequest) => (id === undefined ? post("/notifications/targets", request) : put(`/notifications/targets/${part(id)}`, request)),
    onSettled: readAgain(client, targetsQuery.queryKey),
  });
}

export function useTestTarget(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => post(`/notifications/targets/${part(id)}/test`),
    onSettled: readAgain(client, messagesQuery.queryKey),
  });
}

export function useDeleteTarget(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove(`/notifications/targets/${part(id)}`),
    onSettled: readAgain(client, targetsQuery.queryKey, messagesQuery.queryKey),
  });
}

export function useAcknowledge(id: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => post(`/notifications/${part(id)}/acknowledge`),
    onSettled: readAgain(client, messagesQuery.queryKey),
  });
}
