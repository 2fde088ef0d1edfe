// Queries and mutations of the secrets page. Values are sent and never returned.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { part, put, remove } from "../../api/client";
import { allItems } from "../../api/pages";

export function secretsQuery(wanted: boolean) {
  return queryOptions({
    queryKey: ["secrets"],
    queryFn: ({ signal }) => allItems("/secrets", {}, signal),
    enabled: wanted,
  });
}

/** The value stays in the form that sends it: finished mutations are not kept. */
export function useSetSecret() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ name, value }: { name: string; value: string }) => put(`/secrets/${part(name)}`, { value }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["secrets"] }),
    gcTime: 0,
  });
}

export function useDeleteSecret(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => remove(`/secrets/${part(name)}`),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: ["secrets"] });
    },
  });
}
