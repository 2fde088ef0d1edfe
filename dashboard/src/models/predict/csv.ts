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
export function rowsOf(text: string, schema: Pick<DatasetSchema, "time" | "target" | "features" | "timezone">): ReadRows | Fault {
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
        row[name] = momentIn(schema.timezone, cell);
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

const ZONED = /(z|[+-]\d\d:?\d\d)$/i;
const NAIVE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?)?$/;

/** A time without a zone is in the dataset's own, as when the dataset was added; what is no time is left as it is. */
export function momentIn(zone: string, text: string): string {
  const found = ZONED.test(text) && text.length > 10 ? null : NAIVE.exec(text);
  if (found === null) return text;
  const [year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0] = found.slice(1).map((part) => Number((part as string | undefined) ?? 0));
  const wall = Date.UTC(year, month - 1, day, hour, minute, second);
  const first = wall - offsetAt(zone, wall);
  return new Date(wall - offsetAt(zone, first)).toISOString();
}

/** How far a zone's wall clock is ahead of UTC at a moment, in milliseconds. */
function offsetAt(zone: string, at: number): number {
  if (zone === "UTC") return 0;
  const format = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(part["year"] ?? 0, (part["month"] ?? 1) - 1, part["day"] ?? 1, part["hour"] ?? 0, part["minute"] ?? 0, part["second"] ?? 0) - at;
}

/** The measured rows that were sent, as the history of a chart. */
export function sentHistory(rows: readonly SentRow[], schema: Pick<DatasetSchema, "time" | "target">): [string, number][] {
  const { time, target } = schema;
  if (time === null) return [];
  return rows.flatMap((row): [string, number][] => {
    const [at, value] = [row[time], row[target]];
    return typeof at === "string" && typeof value === "number" && !Number.isNaN(Date.parse(at)) ? [[at, value]] : [];
  });
}
