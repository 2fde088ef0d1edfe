// The list of runs as its address states it, so that every view is a link.
import type { RunState } from "../../api/types";
import { COLUMNS, columnOf } from "./columns";

export const STATES: readonly RunState[] = ["running", "queued", "succeeded", "failed", "cancelled", "quarantined"];

export interface View {
  filter: string;
  state: RunState | null;
  /** As the API writes it, for example "-metrics.loss.min, name"; empty: newest first. */
  sort: string;
  columns: readonly string[];
  /** Config field by which runs are grouped; empty: none. */
  group: string;
  /** Whether trials of studies are included. */
  trials: boolean;
}

export interface SortKey {
  name: string;
  descending: boolean;
}

const MOST_SORTS = 3;

export function readView(search: string): View {
  const query = new URLSearchParams(search);
  const columns = query.get("columns");
  return {
    filter: query.get("filter") ?? "",
    state: STATES.find((known) => known === query.get("state")) ?? null,
    sort: query.get("sort") ?? "",
    columns: columns === null ? COLUMNS : [...new Set(splitNames(columns))].filter((name) => columnOf(name) !== null),
    group: query.get("group") ?? "",
    trials: query.get("trials") === "1",
  };
}

/** The query of an address; fields with their defaults are left out. */
export function searchOf(view: View): string {
  const query = new URLSearchParams();
  if (view.filter !== "") query.set("filter", view.filter);
  if (view.state !== null) query.set("state", view.state);
  if (view.sort !== "") query.set("sort", view.sort);
  if (view.columns.join() !== COLUMNS.join()) query.set("columns", view.columns.join(","));
  if (view.group !== "") query.set("group", view.group);
  if (view.trials) query.set("trials", "1");
  return query.toString();
}

/** Split names at commas; commas in quotes belong to a name. */
export function splitNames(text: string): string[] {
  const names: string[] = [];
  let name = "";
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at] ?? "";
    if (quoted && letter === "\\") {
      name += letter + (text[++at] ?? "");
      continue;
    }
    if (letter === '"') quoted = !quoted;
    if (letter === "," && !quoted) {
      names.push(name.trim());
      name = "";
    } else name += letter;
  }
  return [...names, name.trim()].filter((each) => each !== "");
}

export function sortKeys(sort: string): SortKey[] {
  const keys = splitNames(sort).map((each) => (each.startsWith("-") ? { name: each.slice(1), descending: true } : { name: each, descending: false }));
  return keys.length === 0 ? [{ name: "created_at", descending: true }] : keys;
}

/** The order after a press on a column's header: ascending, descending, then the default; `add` keeps other keys. */
export function pressSort(sort: string, name: string, add: boolean): string {
  const keys = splitNames(sort).length === 0 ? [] : sortKeys(sort);
  const found = keys.find((key) => key.name === name);
  const others = add ? keys.filter((key) => key.name !== name) : [];
  const mine: SortKey[] = found === undefined ? [{ name, descending: false }] : found.descending ? [] : [{ name, descending: true }];
  return [...others, ...mine].slice(-MOST_SORTS).map((key) => `${key.descending ? "-" : ""}${key.name}`).join(", ");
}

/** Two conditions of which both must hold. */
export function both(filter: string, condition: string): string {
  if (filter.trim() === "") return condition;
  return `${/\bor\b/i.test(filter) ? `(${filter})` : filter} AND ${condition}`;
}
