// Progress of running runs from the stream "runs": each cell follows its own run, so that no other cell is drawn again.
import { createContext, use, useCallback, useSyncExternalStore } from "react";

import type { LiveEvent, RunProgress } from "../../api/types";

export class ProgressStore {
  readonly #shares = new Map<string, RunProgress>();
  readonly #listeners = new Map<string, Set<() => void>>();

  receive(events: readonly LiveEvent[]): void {
    for (const event of events) {
      if (event.type !== "run.advanced") continue;
      this.#shares.set(event.data.run_id, event.data.progress);
      for (const listener of this.#listeners.get(event.data.run_id) ?? []) listener();
    }
  }

  get(id: string): RunProgress | undefined {
    return this.#shares.get(id);
  }

  /** A run that was requeued begins again. */
  forget(ids: Iterable<string>): void {
    for (const id of ids) this.#shares.delete(id);
  }

  follow(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }
}

export const ProgressContext = createContext<ProgressStore>(new ProgressStore());

export function useProgress(id: string): RunProgress | undefined {
  const store = use(ProgressContext);
  const follow = useCallback((listener: () => void) => store.follow(id, listener), [store, id]);
  return useSyncExternalStore(follow, () => store.get(id));
}
