// The signed-in person in the page's project. The cookie is HttpOnly, so only the API can identify the person.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { createContext, use } from "react";

import { get, post, remove } from "../api/client";
import { forgetDrafts } from "./draft";
import type { CurrentProject, CurrentSession } from "../api/types";
import { pathsOf, type Paths } from "../routing/paths";

/** The project that the page's address names. */
export const projectQuery = queryOptions({
  queryKey: ["project"],
  queryFn: ({ signal }) => get("/projects/current", {}, signal),
  retry: false,
  staleTime: 60_000,
});

/** The person's projects; more than fit on one page are reached by their addresses. */
export const projectsQuery = queryOptions({
  queryKey: ["projects"],
  queryFn: ({ signal }) => get("/projects", { limit: 500 }, signal),
  retry: false,
  staleTime: 0,
});

export const SessionContext = createContext<CurrentProject | null>(null);

/** The signed-in person in the page's project. */
export function useSession(): CurrentProject {
  const session = use(SessionContext);
  if (session === null) throw new Error("useSession outside of a signed-in page");
  return session;
}

export function usePaths(): Paths {
  return pathsOf(useSession().slug);
}

/** Return whether the user may write: members start, cancel and promote; viewers and everyone in an archived project only read. */
export function mayWrite(session: CurrentProject): boolean {
  return session.role !== "viewer" && !session.archived;
}

/** Return whether the user may empty the trash and set the retention policy (admins). */
export function mayManage(session: CurrentProject): boolean {
  return session.role === "admin" || session.role === "owner";
}

export function signIn(link: string): Promise<CurrentSession> {
  return post("/sessions", { link });
}

export function signInWithPassword(name: string, password: string): Promise<CurrentSession> {
  return post("/sessions", { name, password });
}

export function useSignOut(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => remove("/sessions/current"),
    onSettled: () => {
      forgetDrafts();
      client.clear();
      onDone();
    },
  });
}
