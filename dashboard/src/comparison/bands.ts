// Mean and range of the curves of a group of runs, on a common grid of steps.
import type { Curve } from "../runs/curves/curves";

const POINTS = 200;

export interface Band {
  steps: number[];
  mean: (number | null)[];
  low: (number | null)[];
  high: (number | null)[];
}

/** A grid over the steps of all curves: their own steps if these are few, otherwise evenly spread. */
export function gridOf(curves: readonly Curve[], most = POINTS): number[] {
  const steps = [...new Set(curves.flatMap((curve) => [...curve.steps]))].sort((a, b) => a - b);
  if (steps.length <= most) return steps;
  const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? 0];
  return Array.from({ length: most }, (_, index) => first + ((last - first) * index) / (most - 1));
}

/** The value of a curve at a step, between its points; null outside its steps or next to a missing value. */
export function valueAtStep(curve: Curve, step: number): number | null {
  const { steps, values } = curve;
  let [from, to] = [0, steps.length - 1];
  if (to < 0 || step < (steps[0] ?? 0) || step > (steps[to] ?? 0)) return null;
  while (to - from > 1) {
    const middle = (from + to) >> 1;
    if ((steps[middle] ?? 0) <= step) from = middle;
    else to = middle;
  }
  const [a, b] = [steps[from] ?? 0, steps[to] ?? 0];
  if (step === a) return values[from] ?? null;
  if (step === b) return values[to] ?? null;
  const [one, other] = [values[from] ?? null, values[to] ?? null];
  return one === null || other === null ? null : one + ((other - one) * (step - a)) / (b - a);
}

/** Mean, lowest and highest value of the curves that have a value at each step of the grid. */
export function bandOf(curves: readonly Curve[], grid: readonly number[]): Band {
  const band: Band = { steps: [...grid], mean: [], low: [], high: [] };
  for (const step of grid) {
    const values = curves.map((curve) => valueAtStep(curve, step)).filter((value) => value !== null);
    const sum = values.reduce((total, value) => total + value, 0);
    band.mean.push(values.length === 0 ? null : sum / values.length);
    band.low.push(values.length === 0 ? null : Math.min(...values));
    band.high.push(values.length === 0 ? null : Math.max(...values));
  }
  return band;
}
