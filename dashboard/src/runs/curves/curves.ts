// Metric curves as they grow: merged by step, so that a point may arrive twice; bounded, so that a week of
// training does not fill the tab.
import type { Metrics } from "../../api/types";

export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
  /** Milliseconds since 1970 when each point was logged; absent where no point has a time. */
  readonly times?: readonly (number | null)[];
  /** Number of points of the whole curve, if it was reduced. */
  readonly total?: number;
}

export type Curves = Readonly<Record<string, Curve>>;
export type Point = readonly [step: number, value: number | null, time?: number | null];

/** Return whether a curve measures the machine (processor, memory, GPU) instead of training; its steps are seconds. */
export const isOfMachine = (series: string) => series.startsWith("system/");

export const MOST_POINTS = 6000;
/** A microsecond: what a double tells apart at this century's times. */
const APART_SECONDS = 1e-6;

export function curvesOf(metrics: Metrics): Curves {
  return Object.fromEntries(metrics.series.map(({ series, steps, values, times, total_points: total }) => [series, { ...curveOf(steps, values, times ?? []), ...(total > steps.length ? { total } : {}) }]));
}

/** Add points; an existing step gets the newer value. */
export function merge(curve: Curve | undefined, points: readonly Point[]): Curve {
  const steps = [...(curve?.steps ?? [])];
  const values = [...(curve?.values ?? [])];
  const times = steps.map((_, index) => curve?.times?.[index] ?? null);
  for (const [step, value, time] of points) {
    const at = position(steps, step);
    const known = steps[at] === step;
    steps.splice(at, known ? 1 : 0, step);
    values.splice(at, known ? 1 : 0, value);
    times.splice(at, known ? 1 : 0, time ?? null);
  }
  const added = steps.length - (curve?.steps.length ?? 0);
  const grown = { ...curveOf(steps, values, times), ...(curve?.total === undefined && steps.length <= MOST_POINTS ? {} : { total: (curve?.total ?? steps.length - added) + added }) };
  return steps.length > MOST_POINTS ? thin(grown) : grown;
}

/** Remove the points after a checkpoint to which a resumed run returned, in the named series or in all. */
export function truncate(curves: Curves, afterStep: number, series: readonly string[]): Curves {
  return Object.fromEntries(
    Object.entries(curves).map(([name, curve]) => {
      if (!series.includes(name)) return [name, curve];
      const end = position(curve.steps, afterStep + 1);
      return [name, curveOf(curve.steps.slice(0, end), curve.values.slice(0, end), curve.times?.slice(0, end) ?? [])];
    }),
  );
}

/** Keep the lowest and the highest of every four neighbours, in order, so that spikes remain visible. */
export function thin(curve: Curve): Curve {

  const kept: number[] = [];
  for (let start = 0; start < curve.steps.length; start += 4) {
    const bucket = Array.from({ length: Math.min(4, curve.steps.length - start) }, (_, index) => start + index);
    const finite = bucket.filter((index) => curve.values[index] !== null);
    const size = (index: number) => curve.values[index] ?? 0;
    const low = finite.reduce((best, index) => (size(index) < size(best) ? index : best), finite[0] ?? start);
    const high = finite.reduce((best, index) => (size(index) > size(best) ? index : best), finite[0] ?? start);
    kept.push(...(low === high ? [low] : [Math.min(low, high), Math.max(low, high)]));
  }
  const last = curve.steps.length - 1;
  if (last >= 0 && kept.at(-1) !== last) kept.push(last);
  const pick = <T,>(column: readonly T[] | undefined, missing: T): T[] => kept.map((index) => column?.[index] ?? missing);
  const few = curveOf(pick(curve.steps, 0), pick(curve.values, null), pick(curve.times, null));
  return curve.total === undefined ? few : { ...few, total: curve.total };
}

/** Return whether all points of these curves have a time. */
export function haveTimes(curves: readonly (Curve | undefined)[]): boolean {
  const drawn = curves.filter((curve) => curve !== undefined && curve.steps.length > 0);
  return drawn.length > 0 && drawn.every((curve) => curve?.times?.every((time) => time !== null) ?? false);
}

/** The curve over wall time, in seconds since 1970; points of the same moment are moved apart, because a chart needs increasing x values. */
export function overTime(curve: Curve): Curve {
  const order = curve.steps.map((_, index) => index).filter((index) => typeof curve.times?.[index] === "number");
  const time = (index: number) => (curve.times?.[index] ?? 0) / 1000;
  order.sort((a, b) => time(a) - time(b) || a - b);
  let last = -Infinity;
  const steps = order.map((index) => (last = Math.max(time(index), last + APART_SECONDS)));
  return { steps, values: order.map((index) => curve.values[index] ?? null) };
}

function curveOf(steps: readonly number[], values: readonly (number | null)[], times: readonly (number | null)[]): Curve {
  return times.some((time) => time !== null) ? { steps, values, times } : { steps, values };
}

/** The first index whose step is not below `step`; appending, the usual case, is found at once. */
function position(steps: readonly number[], step: number): number {
  const last = steps.at(-1);
  if (last === undefined || step > last) return steps.length;
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] ?? 0) < step) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Curves over one axis, for the chart: undefined where a curve has no point at a step. */
export function align(curves: readonly Curve[]): [number[], ...(number | null | undefined)[][]] {
  const axis = [...new Set(curves.flatMap((curve) => curve.steps))].sort((a, b) => a - b);
  const index = new Map(axis.map((step, at) => [step, at]));
  const columns = curves.map((curve) => {
    const column = new Array<number | null | undefined>(axis.length).fill(undefined);
    curve.steps.forEach((step, at) => {
      column[index.get(step) ?? 0] = curve.values[at] ?? null;
    });
    return column;
  });
  return [axis, ...columns];
}
