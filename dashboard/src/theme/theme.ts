// Light, dark or the system's theme; the choice is stored in this browser.
import { useSyncExternalStore } from "react";

export type ThemeChoice = "auto" | "light" | "dark";

const KEY = "azuraforge.theme";
const CHOICES: readonly ThemeChoice[] = ["auto", "light", "dark"];
const listeners = new Set<() => void>();
const systemIsDark = () => window.matchMedia("(prefers-color-scheme: dark)");

export function themeChoice(): ThemeChoice {
  const stored = localStorage.getItem(KEY);
  return CHOICES.find((choice) => choice === stored) ?? "auto";
}

function apply(): void {
  const choice = themeChoice();
  const shown = choice === "auto" ? (systemIsDark().matches ? "dark" : "light") : choice;
  document.documentElement.dataset["theme"] = shown;
  for (const listener of listeners) listener();
}

export function nextTheme(choice: ThemeChoice): ThemeChoice {
  return CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length] ?? "auto";
}

export function chooseTheme(choice: ThemeChoice): void {
  localStorage.setItem(KEY, choice);
  apply();
}

/** Called once, before the first paint of the application. */
export function startTheme(): void {
  apply();
  systemIsDark().addEventListener("change", apply);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useThemeChoice(): ThemeChoice {
  return useSyncExternalStore(subscribe, themeChoice);
}

/** Return the displayed theme; charts are redrawn when it changes. */
export function useShownTheme(): string {
  return useSyncExternalStore(subscribe, () => document.documentElement.dataset["theme"] ?? "light");
}
