// Recent rows of a series as CSV: read in the browser, so that a fault is said before anything is sent.
import type { DatasetSchema } from "../../api/types";

/** The most rows that one request may contain. */
export const MOST_ROWS = 100_000;

export type SentRow = Record<string, string | number | null>;

export interface Fault {
  code: "empty" | "columns" | "cells" | "number" | "tooMany" | "quote";
  line?: number;
  values?: Record<string, string | number>;
}

export interface ReadRows {
  rows: SentRow[];
  /** Columns of the file that the model does not read. */
  unused: string[];
}

/** Cells of a CSV with comma, semicolon or tab; quoted cells may contain separators and line ends. Null: a quote is not closed. */
export function cellsOf(text: string): { cells: string[]; line: number }[] | null {
  const source = text.replace(/^\uFEFF/, "");
  const separator = separatorOf(source);
  const found: { cells: string[]; line: number }[] = [];
  let [cells, cell, quoted, line, start]: [string[], string, boolean, number, number] = [[], "", false, 1, 1];
  const endRow = () => {
    cells.push(cell);
    if (cells.some((one) => one.trim() !== "")) found.push({ cells, line: start });
    [cells, cell] = [[], ""];
  };
  for (let at = 0; at < source.length; at++) {
    const letter = source[at] ?? "";
    if (letter === "\n") line++;
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (source[at + 1] === '"') [cell, at] = [`${cell}"`, at + 1];
      else quoted = false;
    } else if (letter === '"' && cell.trim() === "") [cell, quoted] = ["", true];
    else if (letter === separator) [cells, cell] = [[...cells, cell], ""];
    else if (letter === "\n") {
      endRow();
      start = line;
    } else if (letter !== "\r") cell += letter;
  }
  if (quoted) return null;
  endRow();
  return found;
}

function separatorOf(text: string): string {
  const head = text.slice(0, text.search(/\r?\n|$/));
  const counts = [",", ";", "\t"].map((each) => ({ each, count: head.split(each).length }));
  return counts.reduce((most, one) => (one.count > most.count ? one : most)).each;
}

/** Read rows for a model: its time, target and features, in the file's order. */
export function rowsOf(text: string, schema: Pick<DatasetSchema, "time" | "target" | "features">): ReadRows | Fault {
  const found = cellsOf(text);
  if (found === null) return { code: "quote" };
  const [head, ...body] = found;
  if (head === undefined || body.length === 0) return { code: "empty" };
  if (body.length > MOST_ROWS) return { code: "tooMany", values: { most: MOST_ROWS } };
  const names = head.cells.map((name) => name.trim());
  const wanted = [...(schema.time === null ? [] : [schema.time]), schema.target, ...schema.features];
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length > 0) return { code: "columns", values: { missing: missing.join(", ") } };
  const decimalComma = separatorOf(text) !== ",";
  const rows: SentRow[] = [];
  for (const { cells, line } of body) {
    if (cells.length !== names.length) return { code: "cells", line, values: { found: cells.length, wanted: names.length } };
    const row: SentRow = {};
    for (const name of wanted) {
      const cell = (cells[names.indexOf(name)] ?? "").trim();
      if (name === schema.time) {
        row[name] = cell;
        continue;
      }
      const value = cell === "" ? null : Number(decimalComma && /^[-+]?\d+,\d+$/.test(cell) ? cell.replace(",", ".") : cell);
      if (value !== null && !Number.isFinite(value)) return { code: "number", line, values: { column: name, cell: cell.slice(0, 40) } };
      row[name] = value;
    }
    rows.push(row);
  }
  return { rows, unused: names.filter((name) => name !== "" && !wanted.includes(name)) };
}

/** Rows of a table as CSV, for the text field. */
export function csvOf(columns: readonly string[], rows: readonly (readonly (string | number | null)[])[]): string {
  const cell = (value: string | number | null) => {
    const text = value === null ? "" : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns, ...rows].map((row) => row.map(cell).join(",")).join("\n");
}

/** The measured rows that were sent, as the history of a chart; empty if their times name no zone. */
export function sentHistory(rows: readonly SentRow[], schema: Pick<DatasetSchema, "time" | "target" | "timezone">): [string, number][] {
  const { time, target } = schema;
  if (time === null) return [];
  return rows.flatMap((row): [string, number][] => {
    const [at, value] = [row[time], row[target]];
    if (typeof at !== "string" || typeof value !== "number") return [];
    const zoned = /(z|[+-]\d\d:?\d\d)$/i.test(at) ? at : schema.timezone === "UTC" ? `${at.replace(" ", "T")}${at.length > 10 ? "Z" : ""}` : "";
    return Number.isNaN(Date.parse(zoned)) ? [] : [[zoned, value]];
  });
}
