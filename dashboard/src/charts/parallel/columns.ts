// Axes of parallel coordinates and scatter plots: scales, brushes and the rows that match them. No drawing.
import { scaleLinear, scaleLog } from "d3-scale";

export type Value = number | string | null;

/** One quantity of every row. Numbers and texts are not mixed: a column with a text is categorical. */
export interface Column {
  id: string;
  name: string;
  unit?: string | null;
  values: readonly Value[];
  /** Whether the column is a result; the last axis and the first colour. */
  result?: boolean;
  /** The kind of axis to begin with, if the values permit it. */
  scale?: ScaleKind;
  /** Explanation of the column, for example the rows on which a score was computed. */
  note?: string;
}

export type ScaleKind = "linear" | "log" | "category";

/** A brushed part of an axis; 0 is its lower end, 1 its upper end. */
export type Brush = readonly [low: number, high: number];

export interface Axis {
  column: Column;
  kind: ScaleKind;
  /** Position of each row from 0 to 1; NaN if it has no value there. */
  at: Float64Array;
  /** Lowest and highest value; null for categories. */
  ends: readonly [number, number] | null;
  categories: readonly string[];
}

const isNumber = (value: Value): value is number => typeof value === "number" && Number.isFinite(value);

/** The kinds of axis that a column permits; the first one is its default: its own, else logarithmic if it spans two powers of ten. */
export function kindsOf(column: Column): ScaleKind[] {
  const kinds = permitted(column);
  const { scale } = column;
  return scale !== undefined && kinds.includes(scale) ? [scale, ...kinds.filter((kind) => kind !== scale)] : kinds;
}

function permitted(column: Column): ScaleKind[] {
  const known = column.values.filter((value) => value !== null);
  if (known.some((value) => typeof value === "string")) return ["category"];
  const [low, high] = endsOf(column);
  const few = new Set(known).size <= 20;
  const kinds: ScaleKind[] = low > 0 ? (high / low >= 100 ? ["log", "linear"] : ["linear", "log"]) : ["linear"];
  return few ? [...kinds, "category"] : kinds;
}

function endsOf({ values }: Column): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (!isNumber(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}

/** Categories in the order of their axis, from below: numbers by size, texts by name. */
function categoriesOf({ values }: Column): string[] {
  const known = [...new Set(values.filter((value) => value !== null))];
  return known.sort((a, b) => (typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b)))).map(String);
}

export function axisOf(column: Column, wanted?: ScaleKind): Axis {
  const kinds = kindsOf(column);
  const kind = wanted !== undefined && kinds.includes(wanted) ? wanted : (kinds[0] ?? "linear");
  const at = new Float64Array(column.values.length).fill(NaN);
  if (kind === "category") {
    const categories = categoriesOf(column);
    const place = new Map(categories.map((name, index) => [name, (index + 0.5) / categories.length]));
    column.values.forEach((value, row) => { if (value !== null) at[row] = place.get(String(value)) ?? NaN; });
    return { column, kind, at, ends: null, categories };
  }
  const ends = endsOf(column);
  const scale = continuous(kind, ends);
  column.values.forEach((value, row) => { if (isNumber(value)) at[row] = ends[0] === ends[1] ? 0.5 : scale(value); });
  return { column, kind, at, ends, categories: [] };
}

function continuous(kind: ScaleKind, ends: readonly [number, number]) {
  return kind === "log" ? scaleLog(ends, [0, 1]) : scaleLinear(ends, [0, 1]);
}

/** The value at a position of an axis; the name of the category for categories. */
export function valueAt(axis: Axis, share: number): Value {
  if (axis.ends === null) return axis.categories[Math.min(Math.floor(share * axis.categories.length), axis.categories.length - 1)] ?? null;
  if (axis.ends[0] === axis.ends[1]) return axis.ends[0];
  return continuous(axis.kind, axis.ends).invert(Math.min(1, Math.max(0, share)));
}

/** Ticks with their positions; few enough for an axis. */
export function marksOf(axis: Axis, most = 5): { at: number; value: Value }[] {
  if (axis.ends === null) {
    const every = Math.ceil(axis.categories.length / 12);
    return axis.categories.flatMap((value, index) => (index % every === 0 ? [{ at: (index + 0.5) / axis.categories.length, value }] : []));
  }
  if (axis.ends[0] === axis.ends[1]) return [{ at: 0.5, value: axis.ends[0] }];
  const scale = continuous(axis.kind, axis.ends);
  const all = scale.ticks(most);
  const every = Math.ceil(all.length / (most + 2));
  return all.filter((_, index) => index % every === 0).map((value) => ({ at: scale(value), value }));
}

/** Whether each row lies inside every brush; a row without a value on a brushed axis does not. */
export function matching(axes: readonly Axis[], brushes: Readonly<Record<string, Brush>>, rows: number): boolean[] {
  const found = new Array<boolean>(rows).fill(true);
  for (const axis of axes) {
    const brush = brushes[axis.column.id];
    if (brush === undefined) continue;
    const [low, high] = brush;
    for (let row = 0; row < rows; row += 1) {
      const at = axis.at[row] ?? NaN;
      if (!(at >= low - 1e-9 && at <= high + 1e-9)) found[row] = false;
    }
  }
  return found;
}

/** A brush with one end moved; null if it then covers the whole axis. The ends never cross. */
export function withEnd(brush: Brush | undefined, end: "low" | "high", share: number): Brush | null {
  const [low, high] = brush ?? [0, 1];
  const to = Math.min(1, Math.max(0, share));
  const next: Brush = end === "low" ? [Math.min(to, high), high] : [low, Math.max(to, low)];
  return next[0] <= 0 && next[1] >= 1 ? null : next;
}

/** The text of a category on its axis: the end of a long name if another category begins in the same way. */
export function categoryText(category: string, categories: readonly string[], most = 11): string {
  if (category.length <= most) return category;
  const start = category.slice(0, most - 1);
  return categories.some((other) => other !== category && other.startsWith(start.slice(0, most - 4))) ? `…${category.slice(1 - most)}` : category;
}

/** A list with one element moved by a number of places; the same list at its ends. */
export function movedBy<T>(list: readonly T[], index: number, by: number): readonly T[] {
  const to = Math.min(list.length - 1, Math.max(0, index + by));
  const element = list[index];
  if (to === index || element === undefined) return list;
  const rest = list.filter((_, place) => place !== index);
  return [...rest.slice(0, to), element, ...rest.slice(to)];
}
