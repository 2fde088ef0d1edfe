// Conversion of typed scenarios to the platform's requests.
import type { ScenarioRequest } from "../api/types";

export const WAYS = ["multiply", "add", "values"] as const;
export type Way = (typeof WAYS)[number];

export interface DraftChange {
  column: string;
  way: Way;
  text: string;
}

export interface DraftScenario {
  name: string;
  changes: DraftChange[];
}

/** The maximum that a chart can distinguish. */
export const MOST_SCENARIOS = 4;

/** Parse numbers separated by spaces or semicolons, also with decimal commas; null if one is invalid. */
export function numbersIn(text: string): number[] | null {
  const parts = text.trim().split(/[\s;]+/).filter((part) => part !== "");
  const numbers = parts.map((part) => Number(part.replace(",", ".").replace("−", "-")));
  return parts.length === 0 || numbers.some((each) => !Number.isFinite(each)) ? null : numbers;
}

/** Return the fault of a typed change; null if it is valid. */
export function problemOf({ way, text }: DraftChange): "noNumber" | "oneNumber" | null {
  const numbers = numbersIn(text);
  if (numbers === null) return "noNumber";
  return way !== "values" && numbers.length > 1 ? "oneNumber" : null;
}

/** Return the scenarios to send; null if a number is invalid or a name is missing or repeated. */
export function requestOf(drafts: readonly DraftScenario[]): ScenarioRequest[] | null {
  const names = drafts.map(({ name }) => name.trim());
  if (names.includes("") || new Set(names).size < names.length) return null;
  if (drafts.some(({ changes }) => changes.some((change) => problemOf(change) !== null))) return null;
  return drafts.map(({ name, changes }) => ({
    name: name.trim(),
    changes: changes.map(({ column, way, text }) => {
      const numbers = numbersIn(text) ?? [];
      const none = { values: null, multiply: null, add: null };
      return { column, ...none, ...(way === "values" ? { values: numbers } : { [way]: numbers[0] ?? 0 }) };
    }),
  }));
}
