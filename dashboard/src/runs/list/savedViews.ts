// Views that a person has named. They are stored in this browser, by project; the address of a view works for everyone.
import { useSyncExternalStore } from "react";

export interface SavedView {
  name: string;
  /** Query of the address. */
  search: string;
}

const MOST = 50;
const listeners = new Set<() => void>();
const read = new Map<string, { text: string | null; views: readonly SavedView[] }>();
const keyOf = (project: string) => `azuraforge.run-views.${project}`;

function isView(value: unknown): value is SavedView {
  return typeof value === "object" && value !== null && "name" in value && typeof value.name === "string" && "search" in value && typeof value.search === "string";
}

export function savedViews(project: string): readonly SavedView[] {
  const text = localStorage.getItem(keyOf(project));
  const before = read.get(project);
  if (before?.text === text) return before.views;
  const views = parsed(text);
  read.set(project, { text, views });
  return views;
}

function parsed(text: string | null): readonly SavedView[] {
  try {
    const found: unknown = JSON.parse(text ?? "[]");
    return Array.isArray(found) ? found.filter(isView) : [];
  } catch {
    return [];
  }
}

/** A view of the same name is replaced. */
export function saveView(project: string, view: SavedView): void {
  write(project, [...savedViews(project).filter(({ name }) => name !== view.name), view].slice(-MOST));
}

export function removeView(project: string, name: string): void {
  write(project, savedViews(project).filter((view) => view.name !== name));
}

function write(project: string, views: readonly SavedView[]): void {
  localStorage.setItem(keyOf(project), JSON.stringify(views));
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("storage", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("storage", listener);
  };
}

export function useSavedViews(project: string): readonly SavedView[] {
  return useSyncExternalStore(subscribe, () => savedViews(project));
}
