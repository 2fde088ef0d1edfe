// Queries of the list of runs.
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { get, getEarly, post } from "../../api/client";
import { Problem } from "../../api/problem";
import type { BulkRequest, Run } from "../../api/types";
import { requested } from "./columns";
import type { View } from "./view";

const PAGE = 100;
/** The API returns at most this many runs with curves. */
const PAGE_WITH_CURVES = 100;
/** Maximum number of runs in one request of the API. */
const MOST = 500;
/** Runs in one filter: their ids fit into its 8,000 characters. */
const NAMED = 200;

const selection = ({ filter, state, trials }: View) => ({ filter, state, trials: trials ? "true" : null });
const columnsOf = (view: View) => requested(view.columns).join(",");

function askedOf(view: View) {
  const columns = columnsOf(view);
  const limit = columns.includes("curve.") ? PAGE_WITH_CURVES : PAGE;
  return { ...selection(view), sort: view.sort, columns, limit };
}

const from = (asked: ReturnType<typeof askedOf>, after: string | null) => ({ ...asked, after, total: after === null ? "true" : null });

/** Start to read the first page of a view, before the page of the list is shown. */
export function readEarly(view: View, language: string): void {
  getEarly("/runs", from(askedOf(view), null), language);
}

/** Events change the loaded pages (useRunList.ts), so that they are not all read again with each event. */
export function listQuery(view: View) {
  const asked = askedOf(view);
  return infiniteQueryOptions({
    queryKey: ["runs", "list", asked] as const,
    queryFn: ({ pageParam, signal }) => get("/runs", from(asked, pageParam), signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
    placeholderData: keepPreviousData,
    structuralSharing: false,
    refetchOnWindowFocus: false,
    meta: { followsEvents: true },
  });
}

/** The runs with these ids as the view shows them; runs in the trash are left out. */
export async function readRuns(view: View, ids: readonly string[]): Promise<Run[]> {
  const found: Run[] = [];
  for (let start = 0; start < ids.length; start += NAMED) {
    const filter = `id in (${ids.slice(start, start + NAMED).join(", ")})`;
    const page = await get("/runs", { filter, trials: "true", columns: columnsOf(view), limit: NAMED });
    found.push(...page.items);
  }
  return found;
}

/** All runs of a view, page by page. */
export async function readAll(view: View, onPage: (runs: number) => void): Promise<Run[]> {
  const found: Run[] = [];
  let after: string | null = null;
  do {
    const page: { items: Run[]; next: string | null } = await get("/runs", { ...selection(view), limit: MOST, after });
    found.push(...page.items);
    onPage(found.length);
    after = page.next;
  } while (after !== null);
  return found;
}

export function fieldsQuery(search: string, enabled = true) {
  return queryOptions({
    queryKey: ["runs", "fields", search],
    queryFn: ({ signal }) => get("/runs/fields", { search }, signal),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    enabled,
    meta: { followsEvents: true },
  });
}

export function groupsQuery(view: View, columns: readonly string[]) {
  const asked = { ...selection(view), field: view.group, columns: columns.join(",") };
  return queryOptions({
    queryKey: ["runs", "groups", asked],
    queryFn: ({ signal }) => get("/runs/groups", asked, signal),
    placeholderData: keepPreviousData,
    enabled: view.group !== "",
  });
}

export const bulk = (request: BulkRequest) => post("/runs/bulk", request);

/** The fault of a filter that the API refused; null for other errors. */
export interface Fault {
  text: string;
  position: number;
  length: number;
  /** The filter only ends too early. */
  unfinished: boolean;
  message: string;
  next: string | null;
  suggestions: readonly string[];
}

export function faultOf(error: unknown, text: string): Fault | null {
  if (!(error instanceof Problem) || error.code !== "invalid_filter") return null;
  const { position, length, unfinished, suggestions } = error.details;
  return {
    text,
    position: typeof position === "number" ? position : text.length,
    length: typeof length === "number" ? length : 0,
    unfinished: unfinished === true,
    message: error.message,
    next: error.nextStep,
    suggestions: Array.isArray(suggestions) ? suggestions.filter((each): each is string => typeof each === "string") : [],
  };
}
