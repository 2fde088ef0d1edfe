// Queries and mutations of the trash. The place of an item is the path for DELETE; POST to its subpath restore restores it.
import { infiniteQueryOptions, useMutation, useQueryClient } from "@tanstack/react-query";

import { get, part, post, put, remove } from "../../api/client";
import type { RetentionPolicy, TrashItem } from "../../api/types";

export const trashPages = infiniteQueryOptions({
  queryKey: ["trash"],
  queryFn: ({ pageParam, signal }) => get("/projects/trash", { after: pageParam }, signal),
  initialPageParam: null as string | null,
  getNextPageParam: (last) => last.next,
});

type Noun = "runs" | "studies" | "datasets" | "models" | "feeds" | "learners";
/** Path of an item that can be in the trash. */
export type ThingPlace = `/${Noun}/${string}` | `/${"datasets" | "models"}/${string}/versions/${string}`;

export const placeOf = {
  run: (id: string): ThingPlace => `/runs/${part(id)}`,
  study: (id: string): ThingPlace => `/studies/${part(id)}`,
  feed: (id: string): ThingPlace => `/feeds/${part(id)}`,
  learner: (id: string): ThingPlace => `/learners/${part(id)}`,
  dataset: (name: string, version: number | null = null): ThingPlace =>
    version === null ? `/datasets/${part(name)}` : `/datasets/${part(name)}/versions/${String(version)}`,
  model: (name: string, version: number | null = null): ThingPlace =>
    version === null ? `/models/${part(name)}` : `/models/${part(name)}/versions/${String(version)}`,
};

/** A deleted version is addressed by its model's name; a deleted model by its id, because its name is free again. */
export function placeOfItem(item: TrashItem): ThingPlace {
  if (item.noun === "run") return placeOf.run(item.id);
  if (item.noun === "study") return placeOf.study(item.id);
  if (item.noun === "feed") return placeOf.feed(item.id);
  if (item.noun === "learner") return placeOf.learner(item.id);
  if (item.noun === "dataset") return placeOf.dataset(item.id, item.version ?? null);
  return placeOf.model(item.version === null ? item.id : item.name, item.version ?? null);
}

function useChanged() {
  const client = useQueryClient();
  return () => client.invalidateQueries();
}

export function useThrowAway(place: ThingPlace, onDone: () => void) {
  const changed = useChanged();
  return useMutation({
    mutationFn: () => remove(place),
    onSuccess: () => {
      onDone();
      return changed();
    },
  });
}

export function useRestore(place: ThingPlace) {
  const changed = useChanged();
  return useMutation({ mutationFn: () => post(`${place}/restore`), onSuccess: changed });
}

const COUNTS = ["runs", "studies", "models", "model_versions", "predictions", "datasets", "dataset_versions", "feeds", "learners", "bytes_freed"] as const;

/** Empty the whole trash; a large trash needs several requests. */
export function useEmptyTrash() {
  const changed = useChanged();
  return useMutation({
    mutationFn: async () => {
      let total = await remove("/projects/trash");
      while (total.left) {
        const next = await remove("/projects/trash");
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
  return useMutation({ mutationFn: (policy: RetentionPolicy) => put("/projects/policy", policy), onSuccess: changed });
}
