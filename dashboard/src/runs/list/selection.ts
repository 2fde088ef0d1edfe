// The selected runs. They stay selected while pages are loaded and the view changes.
import type { Run } from "../../api/types";

/** What actions need of a selected run. */
export type Picked = Pick<Run, "id" | "name" | "state" | "tags" | "pinned">;
export type Selection = ReadonlyMap<string, Picked>;

export const NOTHING: Selection = new Map();
/** Maximum number of runs on the page of a comparison. */
export const MOST_COMPARED = 50;

export function picked({ id, name, state, tags, pinned }: Picked): Picked {
  return { id, name, state, tags, pinned };
}

/** The selection with the runs from `from` to `to` selected, or with one of them toggled. */
export function toggle(selection: Selection, runs: readonly Picked[], to: number, from: number | null): Selection {
  const run = runs[to];
  if (run === undefined) return selection;
  const next = new Map(selection);
  if (from === null) {
    if (!next.delete(run.id)) next.set(run.id, picked(run));
    return next;
  }
  for (const each of runs.slice(Math.min(from, to), Math.max(from, to) + 1)) next.set(each.id, picked(each));
  return next;
}

export function all(selection: Selection, runs: readonly Picked[]): Selection {
  return new Map([...selection, ...runs.map((run) => [run.id, picked(run)] as const)]);
}

/** Select all of the shown runs, or none of them if all are selected. */
export function toggleShown(selection: Selection, runs: readonly Picked[]): Selection {
  if (!runs.every(({ id }) => selection.has(id))) return all(selection, runs);
  const shown = new Set(runs.map(({ id }) => id));
  return new Map([...selection].filter(([id]) => !shown.has(id)));
}

/** The selected runs with their newest fields, where the page shows them. */
export function current(selection: Selection, runs: readonly Picked[]): Picked[] {
  const shown = new Map(runs.map((run) => [run.id, run]));
  return [...selection.values()].map((run) => shown.get(run.id) ?? run);
}
