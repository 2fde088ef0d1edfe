// The automations that keep a model fresh.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, remove } from "../../api/client";
import type { KeepFreshRequest } from "../../api/types";

export function freshnessQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "keep-fresh"],
    queryFn: ({ signal }) => get(`/models/${part(name)}/keep-fresh`, {}, signal),
    retry: false,
  });
}

/** Set the automations up, change them, or (null) remove them. */
export function useKeepFresh(name: string) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: KeepFreshRequest | null) =>
      request === null ? remove(`/models/${part(name)}/keep-fresh`) : post(`/models/${part(name)}/keep-fresh`, request),
    onSuccess: (found) => {
      client.setQueryData(freshnessQuery(name).queryKey, found);
      return Promise.all([client.invalidateQueries({ queryKey: ["automations"] }), client.invalidateQueries({ queryKey: ["models", name, "policy"] })]);
    },
  });
}
