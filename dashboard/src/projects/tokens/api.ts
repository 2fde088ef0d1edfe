// Queries and mutations of the tokens page.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { part, post, remove } from "../../api/client";
import { allItems } from "../../api/pages";
import type { TokenRequest } from "../../api/types";

export function tokensQuery(wanted: boolean) {
  return queryOptions({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => allItems("/tokens", {}, signal),
    enabled: wanted,
  });
}

/** The response contains the secret, so it stays in the component and never enters the query cache. */
export function useCreateToken() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (request: TokenRequest) => post("/tokens", request),
    onSuccess: () => client.invalidateQueries({ queryKey: ["tokens"] }),
    gcTime: 0,
  });
}

export function useRevokeToken(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/tokens/${part(id)}`),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: ["tokens"] });
    },
  });
}
