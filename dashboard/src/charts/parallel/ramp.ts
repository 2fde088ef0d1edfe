// A sequential scale of five colours for a metric, from low to high, defined for both themes in theme/tokens.css.
import type { Axis } from "./columns";

export const RAMP = ["--ramp-1", "--ramp-2", "--ramp-3", "--ramp-4", "--ramp-5"] as const;

/** The place in the ramp of each row; the middle one without a value or without an axis. */
export function binsOf(axis: Axis | undefined, rows: number): number[] {
  return Array.from({ length: rows }, (_, row) => {
    const at = axis?.at[row] ?? NaN;
    return Number.isNaN(at) ? 2 : Math.min(RAMP.length - 1, Math.floor(at * RAMP.length));
  });
}
