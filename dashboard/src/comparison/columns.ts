// The columns of a comparison: settings that differ, scores and logged metrics.
import type { Column, Value } from "../charts/parallel/columns";
import type { Comparison } from "./api";

/** Name of a set of held-out rows: A, B, … */
export function rowsName(index: number): string {
  return index < 26 ? String.fromCharCode(65 + index) : `${rowsName(Math.floor(index / 26) - 1)}${rowsName(index % 26)}`;
}

const plain = (value: unknown): Value => {
  if (value === null || value === undefined) return null;
  if (typeof value === "number") return value;
  return typeof value === "string" ? value : JSON.stringify(value);
};

const knownCount = (values: readonly Value[]) => values.filter((value) => value !== null).length;

interface Group {
  key: string;
  /** What is added to the name of a column; empty if there is a single group. */
  name: string;
  inside: readonly boolean[];
}

/** Runs by the rows on which they were judged; without an evaluation by the data that they read. */
export function groupsOf(comparison: Comparison): Group[] {
  const keys = comparison.runs.map(({ rows, run }) => (typeof rows === "number" ? `rows${rows}` : `data ${run.dataset_name ?? ""} v${run.dataset_version ?? ""}`));
  const all = [...new Set(keys)];
  return all.map((key) => {
    const first = comparison.runs[keys.indexOf(key)];
    const rows = first?.rows;
    const name = typeof rows === "number" ? rowsName(rows) : first?.run.dataset_name ? `${first.run.dataset_name} v${first.run.dataset_version ?? ""}` : "–";
    return { key, name: all.length > 1 ? name : "", inside: keys.map((each) => each === key) };
  });
}

/** One column per group that has values, so that scores on different rows never share an axis. */
function split(id: string, name: string, values: readonly Value[], groups: readonly Group[], unitOf: (run: number) => string | null): Column[] {
  return groups.flatMap((group): Column[] => {
    const mine = values.map((value, run) => (group.inside[run] ? value : null));
    if (knownCount(mine) === 0) return [];
    const first = mine.findIndex((value) => value !== null);
    return [{ id: groups.length > 1 ? `${id}@${group.key}` : id, name: group.name === "" ? name : `${name} · ${group.name}`, unit: unitOf(first), values: mine, result: true }];
  });
}

/** All columns: settings first, then scores, then the last values of logged metrics. */
export function columnsOf(comparison: Comparison, title: (metric: string) => string = (name) => name): Column[] {
  const groups = groupsOf(comparison);
  const settings = comparison.config.map((row): Column => ({ id: `config.${row.name}`, name: row.name, values: row.values.map(plain) }));
  const scores = comparison.metrics.flatMap((row) => split(`metrics.${row.metric}`, title(row.metric), row.values, groups, (run) => row.unit ?? comparison.runs[run]?.unit ?? null));
  const logged = comparison.logged.flatMap((row) => split(`logged.${row.series}`, row.series, row.last, groups, () => null));
  return [...settings, ...scores, ...logged];
}

const [SETTINGS, RESULTS] = [7, 5];

/** The axes shown at first: settings that most runs have, and the first results of at least two runs. */
export function firstAxes(columns: readonly Column[]): string[] {
  const useful = columns.filter(({ values }) => knownCount(values) > 1 && new Set(values.filter((value) => value !== null)).size > 1 && !(new Set(values).size > 12 && values.some((value) => typeof value === "string")));
  return [...useful.filter(({ result }) => !result).slice(0, SETTINGS), ...useful.filter(({ result }) => result).slice(0, RESULTS)].map(({ id }) => id);
}
