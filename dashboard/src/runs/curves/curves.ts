// Metric curves as they grow: merged by step, so that a point may arrive twice; bounded, so that a week of
// training does not fill the tab.
import type { Metrics } from "../../api/types";

export interface Curve {
  readonly steps: readonly number[];
  readonly values: readonly (number | null)[];
}

export type Curves = Readonly<Record<string, Curve>>;
export type Point = readonly [step: number, value: number | null];

/** A curve of the machine (processor, memory, GPU), not of what is learned; its steps are seconds. */
export const isOfMachine = (series: string) => series.startsWith("system/");

export const MOST_POINTS = 6000;

export function curvesOf(metrics: Metrics): Curves {
  return Object.fromEntries(metrics.series.map(({ series, steps, values }) => [series, { steps, values }]));
}

/** Adds points; a step that is there already takes the newer value. */
export function merge(curve: Curve | undefined, points: readonly Point[]): Curve {
  const steps = [...(curve?.steps ?? [])];
  const values = [...(curve?.values ?? [])];
  for (const [step, value] of points) {
    const at = position(steps, step);
    const known = steps[at] === step;
    steps.splice(at, known ? 1 : 0, step);
    values.splice(at, known ? 1 : 0, value);
  }
  return steps.length > MOST_POINTS ? thin({ steps, values }) : { steps, values };
}

/** A resumed run went back to its checkpoint: what came after it is void, in the named series or in all. */
export function truncate(curves: Curves, afterStep: number, series?: unknown): Curves {
  return Object.fromEntries(
    Object.entries(curves).map(([name, { steps, values }]) => {
      if (Array.isArray(series) && !series.includes(name)) return [name, { steps, values }];
      const end = position(steps, afterStep + 1);
      return [name, { steps: steps.slice(0, end), values: values.slice(0, end) }];
    }),
  );
}

/** Of every four neighbours the lowest and the highest stay, in their order: spikes survive. */
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
  return { steps: kept.map((index) => curve.steps[index] ?? 0), values: kept.map((index) => curve.values[index] ?? null) };
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
