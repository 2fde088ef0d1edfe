// Comfortable or compact; the choice is stored in this browser.
import { useSyncExternalStore } from "react";

export type Density = "comfortable" | "compact";

const KEY = "azuraforge.density";
const listeners = new Set<() => void>();

export function density(): Density {
  return localStorage.getItem(KEY) === "compact" ? "compact" : "comfortable";
}

/** Called once, before the first paint of the application. */
export function startDensity(): void {
  document.documentElement.dataset["density"] = density();
}

export function chooseDensity(chosen: Density): void {
  localStorage.setItem(KEY, chosen);
  startDensity();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useDensity(): Density {
  return useSyncExternalStore(subscribe, density);
}
