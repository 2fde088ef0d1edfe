// What the trash asks of the API. A thing's place is where DELETE throws it away; below it, POST restore brings it back.
import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, put, remove } from "../../api/client";
import type { RetentionPolicy, Purged, Trash, TrashItem } from "../../api/types";

export const trashPages = infiniteQueryOptions({
  queryKey: ["trash"],
  queryFn: ({ pageParam, signal }) => get<Trash>("/projects/trash", { after: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next,
});

export const placeOf = {
  run: (id: string) => `/runs/${part(id)}`,
  study: (id: string) => `/studies/${part(id)}`,
  dataset: (name: string, version: number | null = null) => `/datasets/${part(name)}${below(version)}`,
  model: (name: string, version: number | null = null) => `/models/${part(name)}${below(version)}`,
};

const below = (version: number | null) => (version === null ? "" : `/versions/${String(version)}`);

/** A deleted version belongs to a model that still has its name; a deleted model has given it up. */
export function placeOfItem(item: TrashItem): string {
  if (item.noun === "run") return placeOf.run(item.id);
  if (item.noun === "study") return placeOf.study(item.id);
  if (item.noun === "dataset") return placeOf.dataset(item.id, item.version ?? null);
  return placeOf.model(item.version === null ? item.id : item.name, item.version ?? null);
}

function useChanged() {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}

export function useThrowAway(place: string, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => remove(place),
    onSuccess: () => {
      onDone();
      return changed();
    },
  });
}

export function useRestore(place: string) {
  const changed = useChanged();
  return useMutation({ mutationFn: () => post(`${place}/restore`), onSuccess: changed });
}

const COUNTS = ["runs", "studies", "models", "model_versions", "predictions", "datasets", "dataset_versions", "bytes_freed"] as const;

/** Everything at once; a large trash takes several calls. */
export function useEmptyTrash() {
  const changed = useChanged();
  return useMutation({
    mutationFn: async () => {
      let total = await remove<Purged>("/projects/trash");
      while (total.left) {
        const next = await remove<Purged>("/projects/trash");
        const sums = Object.fromEntries(COUNTS.map((name) => [name, total[name] + next[name]]));
        total = { ...next, ...sums };
      }
      return total;
    },
    onSettled: changed,
  });
}

export function useSavePolicy() {
  const changed = useChanged();
  return useMutation({ mutationFn: (policy: RetentionPolicy) => put<RetentionPolicy>("/projects/policy", policy), onSuccess: changed });
}
