// The signed-in user. The cookie is HttpOnly, so only the API can identify the user.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, use } from "react";

import { get, post, remove } from "../api/client";
import type { CurrentSession } from "../api/types";
import { pathsOf, type Paths } from "../routing/paths";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => get("/sessions/current", {}, signal),
  retry: false,
  staleTime: 60_000,
});

export const SessionContext = createContext<CurrentSession | null>(null);

export function useSession(): CurrentSession {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside of a signed-in page");
  return session;
}

export function usePaths(): Paths {
  return pathsOf(useSession().project_slug);
}

/** Return whether the user may write: members start, cancel and promote; viewers only read. */
export function mayWrite(session: CurrentSession): boolean {
  return session.role !== "viewer";
}

/** Return whether the user may empty the trash and set the retention policy (admins). */
export function mayManage(session: CurrentSession): boolean {
  return session.role === "admin" || session.role === "owner";
}

export function signIn(link: string): Promise<CurrentSession> {
  return post("/sessions", { link });
}

export function useSignOut(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/sessions/current"),
    onSettled: () => {
      client.clear();
      onDone();
    },
  });
}
