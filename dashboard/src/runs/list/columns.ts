// Columns of the list: those that every run has, config fields, metrics and curves.

export type ColumnKind = "built" | "config" | "metric" | "curve";
export type Statistic = "last" | "min" | "max";

export const BUILT = ["state", "plugin", "dataset", "result", "duration", "created_at", "started_at", "finished_at", "kind", "model", "tag", "attempt", "id"] as const;
export type BuiltName = (typeof BUILT)[number];

export const COLUMNS: readonly string[] = ["state", "plugin", "dataset", "result", "duration", "created_at"];
/** Limits of the API. */
export const MOST_COLUMNS = 60;
export const MOST_CURVES = 5;

export interface Column {
  name: string;
  kind: ColumnKind;
  width: number;
  numeric: boolean;
  sortable: boolean;
  /** Name without prefix and statistic. */
  short: string;
  statistic: Statistic | null;
}

const WIDTHS: Record<BuiltName, number> = { state: 128, plugin: 136, dataset: 112, result: 248, duration: 112, created_at: 160, started_at: 160, finished_at: 160, kind: 128, model: 144, tag: 176, attempt: 88, id: 168 };
const NUMERIC: ReadonlySet<string> = new Set(["duration", "created_at", "started_at", "finished_at", "attempt"]);
const UNSORTED: ReadonlySet<string> = new Set(["result", "tag"]);
const STATISTICS: readonly Statistic[] = ["last", "min", "max"];

export function isBuilt(name: string): name is BuiltName {
  return (BUILT as readonly string[]).includes(name);
}

/** The parts of a name between its dots; quoted parts may contain dots. */
export function partsOf(name: string): { text: string; quoted: boolean }[] {
  const parts: { text: string; quoted: boolean }[] = [];
  let at = 0;
  while (at <= name.length) {
    if (name[at] === '"') {
      let text = "";
      for (at++; at < name.length && name[at] !== '"'; at++) {
        if (name[at] === "\\") at++;
        text += name[at] ?? "";
      }
      parts.push({ text, quoted: true });
      at += 2;
    } else {
      const end = name.indexOf(".", at);
      parts.push({ text: name.slice(at, end === -1 ? undefined : end), quoted: false });
      at = end === -1 ? name.length + 1 : end + 1;
    }
  }
  return parts;
}

/** A name as a person writes it: the quotes of the filter language are left out. */
export function plainName(name: string): string {
  return partsOf(name).map(({ text }) => text).join(".");
}

/** Null for a name that is no column. */
export function columnOf(name: string): Column | null {
  if (isBuilt(name)) return { name, kind: "built", width: WIDTHS[name], numeric: NUMERIC.has(name), sortable: !UNSORTED.has(name), short: name, statistic: null };
  const [prefix, ...rest] = partsOf(name);
  if (rest.length === 0 || rest.some(({ text }) => text === "")) return null;
  const short = rest.map(({ text }) => text).join(".");
  switch (prefix?.text) {
    case "config":
      return { name, kind: "config", width: 144, numeric: false, sortable: true, short, statistic: null };
    case "curve":
      return { name, kind: "curve", width: 136, numeric: false, sortable: false, short, statistic: null };
    case "metrics": {
      const last = rest.at(-1);
      const statistic = rest.length > 1 && last?.quoted === false ? (STATISTICS.find((known) => known === last.text) ?? null) : null;
      const named = statistic === null ? short : rest.slice(0, -1).map(({ text }) => text).join(".");
      return { name, kind: "metric", width: 136, numeric: true, sortable: true, short: named, statistic: statistic ?? "last" };
    }
    default:
      return null;
  }
}

/** The columns that are requested from the API; runs have the others anyway. */
export function requested(columns: readonly string[]): string[] {
  return columns.filter((name) => !isBuilt(name));
}

/** The columns with one added or removed, within the limits of the API. */
export function toggled(columns: readonly string[], name: string): readonly string[] {
  if (columns.includes(name)) return columns.filter((each) => each !== name);
  return fits(columns, name) ? [...columns, name] : columns;
}

export function fits(columns: readonly string[], name: string): boolean {
  if (isBuilt(name)) return true;
  const mine = requested(columns);
  if (mine.length >= MOST_COLUMNS) return false;
  return !name.startsWith("curve.") || mine.filter((each) => each.startsWith("curve.")).length < MOST_CURVES;
}

/** The columns with one moved by a place. */
export function moved(columns: readonly string[], name: string, by: -1 | 1): readonly string[] {
  const from = columns.indexOf(name);
  const to = from + by;
  if (from === -1 || to < 0 || to >= columns.length) return columns;
  const others = columns.filter((each) => each !== name);
  return [...others.slice(0, to), name, ...others.slice(to)];
}
