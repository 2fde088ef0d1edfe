// What the page of tokens asks of the API.
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

/** The answer holds the secret: it stays in the component that asked, never in the cache of queries. */
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
