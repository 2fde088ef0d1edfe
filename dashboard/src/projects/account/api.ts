// Queries and mutations of the account page.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, patch, put, remove } from "../../api/client";
import { allItems } from "../../api/pages";

export const accountQuery = queryOptions({ queryKey: ["account"], queryFn: ({ signal }) => get("/people/me", {}, signal) });

export const sessionsQuery = queryOptions({ queryKey: ["sessions"], queryFn: ({ signal }) => allItems("/sessions", {}, signal) });

export function useRename() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => patch("/people/me", { name }),
    onSuccess: (account) => {
      client.setQueryData(accountQuery.queryKey, account);
      return client.invalidateQueries({ queryKey: ["project"] }); // the frame shows the name
    },
  });
}

/** Passwords stay in the form that sends them: finished mutations are not kept. */
export function useSetPassword() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ password, current }: { password: string; current: string }) => put("/people/me/password", current === "" ? { password } : { password, current }),
    onSuccess: (account) => {
      client.setQueryData(accountQuery.queryKey, account);
      return client.invalidateQueries({ queryKey: ["sessions"] });
    },
    gcTime: 0,
  });
}

export function useEndSession() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/sessions/${part(id)}`),
    onSettled: () => client.invalidateQueries({ queryKey: ["sessions"] }),
  });
}

export function useEndSessions(onDone: () => void) {
  return useMutation({ mutationFn: () => remove("/sessions"), onSuccess: onDone });
}
