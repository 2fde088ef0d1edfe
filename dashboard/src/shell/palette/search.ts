// What the palette finds in the project: one request for all kinds.
import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { useDeferredValue } from "react";
import { useTranslation } from "react-i18next";

import { get } from "../../api/client";
import type { components } from "../../api/schema";
import { usePaths } from "../../projects/session";
import type { Paths } from "../../routing/paths";
import { wordsOf } from "../../ui/failures";
import type { IconName } from "../../ui/Icon";
import type { Command } from "./commands";

type Found = components["schemas"]["FoundOut"];

const ICONS: Record<Found["kind"], IconName> = { run: "runs", study: "studies", model: "models", dataset: "datasets", feed: "feeds", learner: "learners" };

export function searchQuery(text: string) {
  return queryOptions({
    queryKey: ["search", text],
    queryFn: ({ signal }) => get("/search", { q: text }, signal),
    enabled: text !== "",
    placeholderData: keepPreviousData,
  });
}

function placeOf(paths: Paths, found: Found): string {
  switch (found.kind) {
    case "run":
      return paths.run(found.id);
    case "study":
      return paths.study(found.id);
    case "model":
      return paths.model(found.name);
    case "dataset":
      return paths.dataset(found.name);
    case "feed":
      return paths.feed(found.name);
    case "learner":
      return paths.learner(found.name);
  }
}

export function useFound(typed: string, navigate: (to: string) => void): { items: readonly Command[]; pending: boolean; error: string | null } {
  const { t } = useTranslation();
  const paths = usePaths();
  const text = useDeferredValue(typed.trim());
  const { data, error, isFetching } = useQuery(searchQuery(text));
  const items = text === "" ? [] : (data?.found ?? []);
  return {
    items: items.map((found) => ({
      id: `${found.kind}-${found.id}`,
      name: found.name === "" ? found.id : found.name,
      kind: found.kind === "run" ? `${t("palette.kind.run")} ${found.id}` : t(`palette.kind.${found.kind}`),
      icon: ICONS[found.kind],
      run: () => navigate(placeOf(paths, found)),
    })),
    pending: isFetching,
    error: error === null ? null : wordsOf(error).text,
  };
}
