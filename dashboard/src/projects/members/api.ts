// Queries and mutations of the members page.
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { part, patch, post, remove } from "../../api/client";
import { allItems } from "../../api/pages";
import { readAgain } from "../../api/queries";
import type { CurrentProject, Member } from "../../api/types";

export type Role = Member["role"];
/** Roles, lowest first. */
export const ROLES = ["viewer", "member", "admin", "owner"] as const;

/** The roles that a person may give: at most the own one. */
export function rolesUpTo(session: CurrentProject): readonly Role[] {
  return ROLES.slice(0, ROLES.indexOf(session.role) + 1);
}

export const membersQuery = queryOptions({ queryKey: ["members"], queryFn: ({ signal }) => allItems("/members", {}, signal) });

export function invitationsQuery(wanted: boolean) {
  return queryOptions({ queryKey: ["invitations"], queryFn: ({ signal }) => allItems("/invitations", {}, signal), enabled: wanted });
}

export function useAddServiceAccount() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (account: { name: string; role: Exclude<Role, "owner"> }) => post("/members/service-accounts", account),
    onSettled: readAgain(client, ["members"]),
  });
}

export function useSetRole() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) => patch(`/members/${part(id)}`, { role }),
    onSettled: readAgain(client, ["members"], ["project"]),
  });
}

export function useRemove(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => remove(`/members/${part(id)}`),
    onSuccess: () => {
      onDone();
      return client.invalidateQueries({ queryKey: ["members"] });
    },
  });
}

export function useTransfer(onDone: () => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => post(`/members/${part(id)}/transfer`),
    onSuccess: () => {
      onDone();
      return Promise.all([client.invalidateQueries({ queryKey: ["members"] }), client.invalidateQueries({ queryKey: ["project"] })]);
    },
  });
}

/** The link stays in the form that shows it: finished mutations are not kept. */
export function useInvite() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (role: Role) => post("/invitations", { role }),
    onSettled: readAgain(client, ["invitations"]),
    gcTime: 0,
  });
}

export function useRevokeInvitation() {
  const client = useQueryClient();
  return useMutation({ mutationFn: (id: string) => remove(`/invitations/${part(id)}`), onSettled: readAgain(client, ["invitations"]) });
}
