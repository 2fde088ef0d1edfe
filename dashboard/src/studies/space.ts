// Conversion of typed search fields to a search space.
import type { SearchRange, SearchSpace } from "../api/types";

export type SearchField = SearchSpace["fields"][number];
export type Way = "no" | "range" | "choices";

export interface TypedField {
  way: Way;
  low: string;
  high: string;
  log: boolean;
  /** Distance of the values; empty for any value. */
  step: string;
  choices: string;
}

export type FieldFault = "low" | "high" | "order" | "log" | "whole" | "step" | "choices";

const text = (value: unknown): string => (value === null || value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

/** Return the initial row of a field: the range that the platform suggests, not yet searched. */
export function startOf(field: SearchField): TypedField {
  const range: SearchRange = field.range ?? {};
  return {
    way: "no",
    low: text(range.low ?? field.low),
    high: text(range.high ?? field.high),
    log: range.log === true,
    step: text(range.step),
    choices: (range.choices ?? (field.default === null || field.default === undefined ? [] : [field.default])).map(text).join(", "),
  };
}

function numberOf(typed: string): number | null {
  const value = Number(typed.trim().replace(",", "."));
  return typed.trim() === "" || !Number.isFinite(value) ? null : value;
}

/** Return one choice: parsed as JSON if it is valid JSON, otherwise as text. */
function valueOf(typed: string): unknown {
  try {
    return JSON.parse(typed) as unknown;
  } catch {
    return typed;
  }
}

/** "16, 32" or, where choices are lists themselves, JSON: "[[8], [8, 16]]". */
export function choicesOf(typed: string): unknown[] {
  const whole = typed.trim();
  if (whole.startsWith("[")) {
    const read = valueOf(whole);
    if (Array.isArray(read)) return read as unknown[];
  }
  return whole
    .split(",")
    .map((one) => one.trim())
    .filter((one) => one !== "")
    .map(valueOf);
}

/** Return the search space of one field, or its fault. */
export function readField(field: SearchField, typed: TypedField): { field: SearchRange } | { fault: FieldFault } {
  if (typed.way === "choices") {
    const choices = choicesOf(typed.choices);
    return choices.length === 0 ? { fault: "choices" } : { field: { choices } };
  }
  const low = numberOf(typed.low);
  const high = numberOf(typed.high);
  if (low === null) return { fault: "low" };
  if (high === null) return { fault: "high" };
  if (low > high) return { fault: "order" };
  if (typed.log && low <= 0) return { fault: "log" };
  if (field.kind === "int" && (!Number.isInteger(low) || !Number.isInteger(high))) return { fault: "whole" };
  if (typed.log || typed.step.trim() === "") return { field: { low, high, ...(typed.log ? { log: true } : {}) } };
  const step = numberOf(typed.step);
  if (step === null || step <= 0 || step > high - low || (field.kind === "int" && !Number.isInteger(step))) return { fault: "step" };
  return { field: { low, high, step } };
}
