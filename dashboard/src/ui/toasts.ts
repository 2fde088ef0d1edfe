// Short messages over the page: what was done, with its undo, and actions that failed.
import { useSyncExternalStore } from "react";

export interface Toast {
  id: number;
  text: string;
  /** What to do next, below the text. */
  next?: string | null;
  tone: "info" | "good" | "bad";
  /** Takes back what was done. */
  undo?: () => void;
}

let toasts: readonly Toast[] = [];
let last = 0;
const listeners = new Set<() => void>();
const MOST = 4;

function change(to: readonly Toast[]): void {
  toasts = to;
  for (const listener of listeners) listener();
}

/** Show a message. The same text is not shown twice at a time. Returns its number, for `dismiss`. */
export function say(toast: Omit<Toast, "id" | "tone"> & { tone?: Toast["tone"] }): number {
  const id = ++last;
  const others = toasts.filter(({ text }) => text !== toast.text);
  change([...others, { tone: "info" as const, ...toast, id }].slice(-MOST));
  return id;
}

export function dismiss(id: number): void {
  change(toasts.filter((toast) => toast.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useToasts(): readonly Toast[] {
  return useSyncExternalStore(subscribe, () => toasts);
}
