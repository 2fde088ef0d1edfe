// The state of a generated form: typed texts and their values.
import type { FieldProblem } from "../../api/problem";
import { parse, typedOf, type ConfigField, type Fault, type Typed } from "./schema";

export type TypedValues = Readonly<Record<string, Typed>>;

/** The defaults, and over them the values of an earlier run. */
export function startValues(fields: readonly ConfigField[], earlier: Record<string, unknown>, write: (value: number) => string): TypedValues {
  return Object.fromEntries(
    fields.map((field) => [field.name, typedOf(field, field.name in earlier ? earlier[field.name] : field.default, write)]),
  );
}

/** A field whose typed value differs from the one that the form started with. */
export function isChanged(field: ConfigField, typed: Typed | undefined, start: Typed | undefined): boolean {
  if (typed === undefined || typed === start) return false;
  if (typeof typed === "boolean" || typeof start === "boolean") return typed !== start;
  const [now, before] = [parse(field, typed), parse(field, start ?? "")];
  if ("fault" in now || "fault" in before) return typed.trim() !== (start ?? "").trim();
  return JSON.stringify(now.value) !== JSON.stringify(before.value);
}

export interface FieldGroup {
  /** Empty for the fields of no group. */
  title: string;
  fields: readonly ConfigField[];
}

/** The fields that are always shown, and the groups that are folded. Without any essential field, all are shown. */
export function arranged(fields: readonly ConfigField[]): { open: readonly ConfigField[]; groups: readonly FieldGroup[] } {
  if (!fields.some((field) => field.isEssential)) return { open: fields, groups: [] };
  const isOpen = (field: ConfigField) => field.isEssential || (field.required && field.default === undefined);
  const folded = fields.filter((field) => !isOpen(field));
  const titles = [...new Set(folded.map((field) => field.group))].sort((a, b) => Number(a === "") - Number(b === ""));
  return { open: fields.filter(isOpen), groups: titles.map((title) => ({ title, fields: folded.filter((field) => field.group === title) })) };
}

export interface Read {
  config: Record<string, unknown>;
  faults: Record<string, Fault>;
}

export function readConfig(fields: readonly ConfigField[], values: TypedValues): Read {
  const config: Record<string, unknown> = {};
  const faults: Record<string, Fault> = {};
  for (const field of fields) {
    const typed = values[field.name] ?? "";
    // An optional field without a default, left empty, is not sent: the plugin decides.
    if (typed === "" && !field.required && field.default === undefined && !field.nullable) continue;
    const parsed = parse(field, typed);
    if ("fault" in parsed) faults[field.name] = parsed.fault;
    else config[field.name] = parsed.value;
  }
  return { config, faults };
}

/** Return the API's errors by input: "config.epochs", "body.config.epochs" and "epochs" are one field. */
export function problemsByField(problems: readonly FieldProblem[], known: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const { field, message } of problems) {
    const parts = field.split(/[.\s'"[\]]+/);
    const name = parts.find((part) => known.includes(part));
    if (name !== undefined) found[name] ??= message;
  }
  return found;
}
