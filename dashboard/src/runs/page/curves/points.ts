// Points of a curve over the chosen axis, with a gap where the run was interrupted.
import type { Attempt } from "../../../api/types";
import type { Curve } from "../../curves/curves";

export type Axis = "step" | "elapsed" | "clock";

export interface Points {
  x: number[];
  y: (number | null)[];
  /** Interruptions between the first and the last point. */
  gaps: number;
  /** Values that are NaN or infinite. */
  missing: number;
}

/** The moments at which later attempts started, in milliseconds. */
export const interruptionsOf = (attempts: readonly Attempt[]): number[] => attempts.slice(1).map((attempt) => Date.parse(attempt.started_at));

/**
 * The points of a curve over an axis, without their interruptions where no time is known. Elapsed time is in seconds since
 * `startedAt` (milliseconds), time of day in seconds since 1970. Points without a time are left out of both.
 */
export function pointsOf(curve: Curve, axis: Axis, startedAt: number, interruptions: readonly number[]): Points {
  const x: number[] = [];
  const y: (number | null)[] = [];
  let gaps = 0;
  let missing = 0;
  let before: number | null = null;
  for (const index of order(curve, axis)) {
    const time = curve.times?.[index] ?? null;
    const place = axis === "step" ? curve.steps[index] : time === null ? undefined : axis === "clock" ? time / 1000 : (time - startedAt) / 1000;
    if (place === undefined) continue;
    const last = x.at(-1);
    const at = last !== undefined && place <= last ? last + 1e-6 : place;
    if (time !== null && before !== null && last !== undefined && crosses(interruptions, before, time)) {
      gaps += 1;
      x.push((last + at) / 2);
      y.push(null);
    }
    const value = curve.values[index] ?? null;
    if (value === null) missing += 1;
    x.push(at);
    y.push(value);
    before = time ?? before;
  }
  return { x, y, gaps, missing };
}

function order(curve: Curve, axis: Axis): number[] {
  const all = Array.from(curve.steps.keys());
  if (axis === "step") return all;
  const time = (index: number) => curve.times?.[index] ?? Infinity;
  return all.sort((a, b) => time(a) - time(b) || a - b);
}

function crosses(interruptions: readonly number[], from: number, to: number): boolean {
  return interruptions.some((at) => from < at && at <= to);
}

/** Several curves over one axis: undefined where a curve has no point, null at its gaps. */
export function aligned(curves: readonly Points[]): [number[], ...(number | null | undefined)[][]] {
  const [only] = curves;
  if (curves.length === 1 && only) return [only.x, only.y];
  const axis = [...new Set(curves.flatMap(({ x }) => x))].sort((a, b) => a - b);
  const place = new Map(axis.map((x, index) => [x, index]));
  const columns = curves.map(({ x, y }) => {
    const column = new Array<number | null | undefined>(axis.length).fill(undefined);
    x.forEach((at, index) => {
      column[place.get(at) ?? 0] = y[index] ?? null;
    });
    return column;
  });
  return [axis, ...columns];
}

/** The steps between two places of an axis, for a request that refines a zoomed range; null if there are none. */
export function stepsBetween(curve: Curve, axis: Axis, startedAt: number, [from, to]: readonly [number, number]): [number, number] | null {
  if (axis === "step") return [Math.floor(from), Math.ceil(to)];
  const [first, last] = axis === "clock" ? [from * 1000, to * 1000] : [from * 1000 + startedAt, to * 1000 + startedAt];
  const inside = curve.steps.filter((_, index) => {
    const time = curve.times?.[index];
    return typeof time === "number" && time >= first && time <= last;
  });
  const [a, b] = [inside[0], inside.at(-1)];
  return a === undefined || b === undefined ? null : [a, b];
}

/** The prefix of a name that groups curves: "train/loss" is in "train"; "" for others. */
export const prefixOf = (name: string): string => (name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : "");

/** CSV of curves: one line per point, with step and time. */
export function csvOf(curves: readonly (readonly [name: string, curve: Curve])[]): string {
  const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  // A leading "=" or similar would be read as a formula by spreadsheets.
  const safe = (text: string) => quoted(/^[=+\-@\t]/.test(text) ? `'${text}` : text);
  const lines = curves.flatMap(([name, { steps, values, times }]) =>
    steps.map((step, index) => {
      const time = times?.[index];
      return [safe(name), step, values[index] ?? "", typeof time === "number" ? new Date(time).toISOString() : ""].join(",");
    }),
  );
  return ["series,step,value,time", ...lines, ""].join("\n");
}
