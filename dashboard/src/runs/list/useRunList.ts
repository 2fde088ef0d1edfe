import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";

import type { LiveEvent, Run } from "../../api/types";
import { useAnnounced } from "../../events/useProjectEvents";
import { useStream } from "../../events/useStream";
import { listQuery, readRuns } from "./api";
import { changeOf, patched, runsOf, without, type Pages } from "./pages";
import { ProgressStore } from "./progress";
import { useStable } from "./useStable";
import type { View } from "./view";

/** Changed runs are read again at most once in this time. */
const PAUSE_MS = 1000;
/** A list of at most so many pages is read again as a whole; of a longer one, the changed runs. */
const FEW_PAGES = 2;

export interface RunList {
  runs: readonly Run[];
  /** Runs of all pages; null until they are counted. */
  total: number | null;
  error: Error | null;
  loaded: boolean;
  hasMore: boolean;
  /** Whether runs were added that a long list does not show yet. */
  outdated: boolean;
  loadMore: () => void;
  reload: () => void;
  /** Hide runs that were deleted by this page, before the event arrives. */
  drop: (ids: readonly string[]) => void;
  /** Read changed runs again soon. */
  reread: (ids: readonly string[]) => void;
  progress: ProgressStore;
}

/** The runs of a view: page by page, kept up to date by the event streams, without polling. */
export function useRunList(view: View): RunList {
  const client = useQueryClient();
  const options = listQuery(view);
  const query = useInfiniteQuery(options);
  const [progress] = useState(() => new ProgressStore());
  const [outdated, setOutdated] = useState(false);
  const changed = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const { queryKey } = options;
  const pages = query.data;

  const update = (change: (pages: Pages) => Pages) => client.setQueryData(queryKey, (before) => before && change(before));
  const settle = useStable(async () => {
    const ids = [...changed.current];
    changed.current.clear();
    const now = client.getQueryData(queryKey);
    if (now === undefined || now.pages.length <= FEW_PAGES) {
      await client.invalidateQueries({ queryKey });
      return;
    }
    const shown = new Set(runsOf(now).map(({ id }) => id));
    if (ids.some((id) => !shown.has(id))) setOutdated(true);
    const known = ids.filter((id) => shown.has(id));
    if (known.length === 0) return;
    const found = new Map((await readRuns(view, known)).map((run) => [run.id, run]));
    const gone = new Set(known.filter((id) => !found.has(id)));
    update((before) => without(patched(before, found), gone));
  });
  const reread = (ids: Iterable<string>) => {
    for (const id of ids) changed.current.add(id);
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      settle().catch(() => undefined); // the next event or visit reads them
    }, PAUSE_MS);
  };
  useEffect(() => () => clearTimeout(timer.current), []);

  useAnnounced((events: readonly LiveEvent[]) => {
    const { ids, patches, deleted } = changeOf(events);
    if (ids.size === 0) return;
    progress.forget([...patches].flatMap(([id, { state }]) => (state === "queued" ? [id] : [])));
    update((before) => without(patched(before, patches), deleted));
    reread([...ids].filter((id) => !deleted.has(id)));
  });
  useStream("runs", "latest", (events) => progress.receive(events));

  const runs = useMemo(() => (pages === undefined ? [] : runsOf(pages)), [pages]);
  return {
    runs,
    total: pages?.pages[0]?.total ?? null,
    error: query.error,
    loaded: pages !== undefined,
    hasMore: query.hasNextPage,
    outdated,
    loadMore: () => {
      if (query.hasNextPage && !query.isFetching) void query.fetchNextPage();
    },
    reload: () => {
      setOutdated(false);
      client.setQueryData(queryKey, (before) => before && { pages: before.pages.slice(0, 1), pageParams: before.pageParams.slice(0, 1) });
      void client.invalidateQueries({ queryKey });
    },
    drop: (ids) => update((before) => without(before, new Set(ids))),
    reread,
    progress,
  };
}
