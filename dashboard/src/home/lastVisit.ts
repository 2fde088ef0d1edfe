// The number of the newest event at the last visit, for each person and project, in this browser.
// A visit is a tab: reloads and other pages in it do not end it.
import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { newestQuery } from "../events/api";
import { useSession } from "../projects/session";

export interface Visit {
  seq: number;
  at: string;
}

function read(storage: Storage, key: string): Visit | null {
  try {
    const value: unknown = JSON.parse(storage.getItem(key) ?? "null");
    if (typeof value !== "object" || value === null || !("seq" in value) || !("at" in value)) return null;
    return typeof value.seq === "number" && typeof value.at === "string" ? { seq: value.seq, at: value.at } : null;
  } catch {
    return null;
  }
}

/** The former visit; null on the first one. */
export function useLastVisit(): Visit | null {
  const { slug, person } = useSession();
  const key = `azuraforge.visit.${person}.${slug}`;
  const [former] = useState(() => {
    const kept = read(sessionStorage, key);
    if (kept !== null) return kept;
    const stored = read(localStorage, key);
    if (stored !== null) sessionStorage.setItem(key, JSON.stringify(stored));
    return stored;
  });
  const { data } = useQuery(newestQuery);
  useEffect(() => {
    if (data !== undefined) localStorage.setItem(key, JSON.stringify({ seq: data.items[0]?.seq ?? 0, at: new Date().toISOString() }));
  }, [data, key]);
  return former;
}
