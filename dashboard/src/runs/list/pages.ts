// Loaded pages of the list, changed by events without reading all of them again.
import type { InfiniteData } from "@tanstack/react-query";

import type { LiveEvent, Run, RunPage } from "../../api/types";

export type Pages = InfiniteData<RunPage>;

export function runsOf(pages: Pages): Run[] {
  const seen = new Set<string>();
  // The place of a running run can change between two pages, so that it is in both.
  return pages.pages.flatMap(({ items }) => items.filter(({ id }) => !seen.has(id) && seen.add(id)));
}

/** Replace fields of runs; pages without them stay the same objects. */
export function patched(pages: Pages, changes: ReadonlyMap<string, Partial<Run>>): Pages {
  const change = (page: RunPage): RunPage =>
    page.items.some(({ id }) => changes.has(id)) ? { ...page, items: page.items.map((run) => (changes.has(run.id) ? { ...run, ...changes.get(run.id) } : run)) } : page;
  return { ...pages, pages: pages.pages.map(change) };
}

export function without(pages: Pages, ids: ReadonlySet<string>): Pages {
  const removed = runsOf(pages).filter(({ id }) => ids.has(id)).length;
  if (removed === 0) return pages;
  return { ...pages, pages: pages.pages.map((page) => ({ ...page, total: page.total == null ? null : page.total - removed, items: page.items.filter(({ id }) => !ids.has(id)) })) };
}

export interface Change {
  /** Fields that the events state. */
  patches: Map<string, Partial<Run>>;
  deleted: Set<string>;
  /** All runs that events are about. */
  ids: Set<string>;
}

/** What events of the project's stream say about runs. */
export function changeOf(events: readonly LiveEvent[]): Change {
  const change: Change = { patches: new Map(), deleted: new Set(), ids: new Set() };
  const patch = (id: string, fields: Partial<Run>) => change.patches.set(id, { ...change.patches.get(id), ...fields });
  for (const event of events) {
    switch (event.type) {
      case "run.state": {
        const { run_id: id, state, attempt, cancel_requested } = event.data;
        if (id) {
          change.ids.add(id);
          patch(id, { state, attempt, cancel_requested });
        }
        break;
      }
      case "run.edited": {
        const { run_id: id, name, tags } = event.data;
        if (id) {
          change.ids.add(id);
          patch(id, { name, tags });
        }
        break;
      }
      case "run.followed_up":
        change.ids.add(event.data.run_id);
        break;
      case "run.pinned":
      case "run.unpinned":
      case "run.deleted":
      case "run.restored":
        for (const id of event.data.run_ids) {
          change.ids.add(id);
          if (event.type === "run.deleted") change.deleted.add(id);
          else change.deleted.delete(id);
          if (event.type === "run.pinned" || event.type === "run.unpinned") patch(id, { pinned: event.type === "run.pinned" });
        }
        break;
      default:
    }
  }
  return change;
}
