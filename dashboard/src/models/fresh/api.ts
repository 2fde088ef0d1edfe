// The automations that keep a model fresh.
import { queryOptions, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { get, part, post, remove } from "../../api/client";
import type { Freshness, KeepFreshRequest } from "../../api/types";
import { loopQuery } from "../../loop/api";

export function freshnessQuery(name: string) {
  return queryOptions({
    queryKey: ["models", name, "keep-fresh"],
    queryFn: ({ signal }) => get(`/models/${part(name)}/keep-fresh`, {}, signal),
    retry: false,
  });
}

const DOES = ["observed", "predicted", "learned", "champion"] as const;

/** An automation or schedule that acts on a model but was not set up by "Keep fresh". */
export interface Other {
  kind: "automation" | "schedule";
  id: string;
  name: string;
  does: (typeof DOES)[number][];
}

/** Return the triggers of the model's loop that were set up manually. */
export function useOthers(name: string, found: Freshness | undefined): readonly Other[] {
  const loop = useQuery(loopQuery(name));
  if (found === undefined || loop.data === undefined) return [];
  const own = new Set(found.automations.map(({ id }) => id));
  const others = new Map<string, Other>();
  for (const does of DOES) {
    for (const { kind, id, name: called } of loop.data.steps.find((step) => step.name === does)?.triggers ?? []) {
      if ((kind !== "automation" && kind !== "schedule") || !id || own.has(id)) continue;
      const other: Other = others.get(id) ?? { kind, id, name: called ?? id, does: [] };
      other.does.push(does);
      others.set(id, other);
    }
  }
  return [...others.values()];
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
