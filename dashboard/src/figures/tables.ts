// The content of a figure of unknown shape, as values and tables.
import { isRecord } from "../api/problem";

export type Scalar = string | number | boolean | null;

export interface Table {
  columns: string[];
  rows: Scalar[][];
}

export interface Content {
  values: [name: string, value: Scalar][];
  tables: [name: string, table: Table][];
  /** Nested objects, each with its own content. */
  inner: [name: string, content: Content][];
}

/** `worst_pairs` → `Worst pairs`. */
export function readable(name: string): string {
  const words = name.replaceAll(/[_-]+/g, " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export const isScalar = (value: unknown): value is Scalar => value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/**
 * Divide the fields of an object into single values, tables and objects. Lists of the same length are columns of one table,
 * lists of objects or of lists are tables of their own.
 */
export function contentOf(figure: unknown): Content {
  const content: Content = { values: [], tables: [], inner: [] };
  if (isScalar(figure)) content.values.push(["", figure]);
  if (Array.isArray(figure)) content.tables.push(["", tableOf(figure)]);
  if (!isRecord(figure)) return content;
  const columns = new Map<number, [name: string, values: Scalar[]][]>();
  for (const [name, value] of Object.entries(figure)) {
    if (isScalar(value)) content.values.push([name, value]);
    else if (isRecord(value)) content.inner.push([name, contentOf(value)]);
    else if (Array.isArray(value) && value.every(isScalar)) columns.set(value.length, [...(columns.get(value.length) ?? []), [name, value]]);
    else if (Array.isArray(value)) content.tables.push([name, tableOf(value)]);
  }
  for (const [length, found] of columns) {
    const names = found.map(([name]) => name);
    content.tables.push([names.join(", "), { columns: names, rows: Array.from({ length }, (_, row) => found.map(([, values]) => values[row] ?? null)) }]);
  }
  return content;
}

function tableOf(items: readonly unknown[]): Table {
  const fields = (item: unknown): Record<string, unknown> => (isRecord(item) ? item : Array.isArray(item) ? Object.fromEntries(Object.entries(item)) : { "": item });
  const columns = [...new Set(items.flatMap((item) => Object.keys(fields(item))))];
  const cell = (value: unknown): Scalar => (isScalar(value) ? value : value === undefined ? null : JSON.stringify(value));
  return { columns, rows: items.map((item) => columns.map((name) => cell(fields(item)[name]))) };
}
