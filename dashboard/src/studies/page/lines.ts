// The intermediate values of trials as lines of a chart.
import type { Trial } from "../../api/types";

export interface TrialLine {
  trial: Trial;
  /** Reports with a value, by number; a missing or infinite value interrupts the line. */
  points: readonly { report: number; value: number | null }[];
}

/** The lines of the trials that reported anything; without values of 0 and below for a logarithmic axis. */
export function linesOf(trials: readonly Trial[], isLog: boolean): TrialLine[] {
  return trials.flatMap((trial) => {
    const points = (trial.curve ?? []).map(([report, value]) => ({ report: report ?? 0, value: value === null || value === undefined || !Number.isFinite(value) || (isLog && value <= 0) ? null : value }));
    return points.some(({ value }) => value !== null) ? [{ trial, points }] : [];
  });
}

/** SVG path of a line; a report without a value interrupts it, and a single value is a short stroke. */
export function pathOf({ points }: TrialLine, x: (report: number) => number, y: (value: number) => number): string {
  let path = "";
  let open = false;
  for (const { report, value } of points) {
    if (value === null) {
      open = false;
      continue;
    }
    path += `${open ? "L" : "M"}${x(report).toFixed(1)} ${y(value).toFixed(1)}${open ? "" : "h0.5"}`;
    open = true;
  }
  return path;
}

/** The range of all values, without the highest twentieth if that would flatten the rest. */
export function rangeOf(lines: readonly TrialLine[]): [number, number] {
  const values = lines.flatMap(({ points }) => points.flatMap(({ value }) => (value === null ? [] : [value]))).sort((a, b) => a - b);
  const [low, high] = [values[0] ?? 0, values.at(-1) ?? 1];
  const most = values[Math.ceil(values.length * 0.95) - 1] ?? high;
  const top = high - low > 4 * (most - low) && most > low ? most : high;
  return top > low ? [low, top] : [low - (Math.abs(low) || 1) * 0.1, low + (Math.abs(low) || 1) * 0.1];
}
