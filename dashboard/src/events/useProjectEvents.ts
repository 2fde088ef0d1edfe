// Keeps lists up to date by the stream "project": changed queries are read again, at most once a second.
import { useQueryClient, type Query } from "@tanstack/react-query";
import { useEffect, useEffectEvent, useRef } from "react";

import type { LiveEvent } from "../api/types";
import { LIVE_MODELS } from "../api/queries";
import { projectQuery } from "../projects/session";
import type { LiveStatus } from "./connection";
import { useStream } from "./useStream";

const PAUSE_MS = 1000;
const KEY = "azuraforge.project-cursor";

/** "dataset.version_added" → the queries under "datasets"; "study.trial" → those under "studies". */
export function queryOf(type: string): string {
  return `${type.split(".")[0] ?? ""}s`.replace(/ys$/, "ies");
}

/** Queries of what the trash may contain: a page may show something that was purged. */
const PURGED = ["datasets", "feeds", "learners", "models", "runs", "studies"];

const listeners = new Set<(events: readonly LiveEvent[]) => void>();

/** Pass events of the stream "project" to the pages that listen. */
export function announce(events: readonly LiveEvent[]): void {
  for (const listener of listeners) listener(events);
}

/** Call a function with the events of the project while the component is mounted. */
export function useAnnounced(onEvents: (events: readonly LiveEvent[]) => void): void {
  const receive = useEffectEvent(onEvents);
  useEffect(() => {
    const listener = (events: readonly LiveEvent[]) => receive(events);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }, []);
}

/** A shown list that changes its own pages by events is not read again as a whole. */
const readsAgain = (query: Query) => query.meta?.["followsEvents"] !== true || !query.isActive();

export function useProjectEvents(project: string): LiveStatus {
  const client = useQueryClient();
  const changed = useRef(new Set<string>());
  const judged = useRef(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const key = `${KEY}.${project}`;

  const receive = (events: LiveEvent[]) => {
    announce(events);
    changed.current.add("events");
    for (const event of events) {
      changed.current.add(queryOf(event.type));
      // The name and the archive of the project, and the person's role in it.
      if (/^(member|project)\./.test(event.type)) changed.current.add("project");
      if (/\.(deleted|restored|purged)$/.test(event.type)) changed.current.add("trash");
      if (event.type.startsWith("prediction.judged")) judged.current = true;
      if (event.type === "trash.purged") for (const name of PURGED) changed.current.add(name);
    }
    sessionStorage.setItem(key, String(events.at(-1)?.seq ?? 0));
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      for (const name of changed.current) void client.invalidateQueries({ queryKey: [name], predicate: readsAgain });
      changed.current.clear();
      if (judged.current) void client.invalidateQueries({ queryKey: LIVE_MODELS });
      judged.current = false;
    }, PAUSE_MS);
  };

  useEffect(() => () => clearTimeout(timer.current), []);
  const known = sessionStorage.getItem(key);
  const status = useStream("project", known === null ? "latest" : Number(known), receive);

  // A first visit starts at "latest", so changes during a lost connection have no number to resume from.
  const lost = useRef(false);
  useEffect(() => {
    if (status === "waiting") {
      lost.current = true;
      void client.invalidateQueries({ queryKey: projectQuery.queryKey }); // a browser does not learn why it cannot connect
    }
    // The person was removed from the project, or the session has ended: each query learns which.
    if (status === "refused") void client.invalidateQueries();
    if (status !== "live" || !lost.current) return;
    lost.current = false;
    void client.invalidateQueries();
  }, [status, client]);
  return status;
}
