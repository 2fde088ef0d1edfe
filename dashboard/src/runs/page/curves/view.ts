// How the curves of a run are shown: smoothing, axis, layout, and the range that all charts share.
import { useState } from "react";

import type { Range } from "./CurveChart";
import type { Axis } from "./points";
import type { Smoothing } from "./smoothing";

export interface CurvesView {
  smoothing: Smoothing;
  strength: number;
  axis: Axis;
  logarithmic: boolean;
  layout: "each" | "group";
  range: Range | null;
}

const FIRST: CurvesView = { smoothing: "none", strength: 0.6, axis: "step", logarithmic: false, layout: "each", range: null };

export function useCurvesView(): [CurvesView, (change: Partial<CurvesView>) => void] {
  const [view, setView] = useState(FIRST);
  return [view, (change) => setView((before) => ({ ...before, ...change }))];
}

/** The range after a zoom or a move, by shares of its width; `whole` is shown where there is no range yet. */
export function moveRange(range: Range | null, whole: Range, by: { zoom?: number; shift?: number }): Range {
  const [from, to] = range ?? whole;
  const width = (to - from) * (by.zoom ?? 1);
  const middle = (from + to) / 2 + (to - from) * (by.shift ?? 0);
  return [middle - width / 2, middle + width / 2];
}
