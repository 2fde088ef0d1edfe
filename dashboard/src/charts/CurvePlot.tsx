import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { align, overTime, type Curves } from "../runs/curves/curves";
import { colorOf, dashOf } from "./colors";
import type { PlotShape } from "./options";
import { Plot } from "./Plot";

/** Metric curves over training steps, or over the time at which they were logged. */
export default function CurvePlot({ curves, names, logarithmic, label, x = "step", xLabel, height = 280, testId }: {
  curves: Curves;
  names: readonly { name: string; label: string }[];
  logarithmic: boolean;
  label: string;
  x?: PlotShape["x"];
  xLabel?: string;
  height?: number;
  testId?: string;
}) {
  const { t } = useTranslation();
  const shape: PlotShape = {
    x,
    xLabel: xLabel ?? t("charts.step"),
    height,
    logarithmic,
    lines: names.map((curve, index) => ({ label: curve.label, color: colorOf(index), dash: dashOf(index) })),
  };
  const drawn = names.map(({ name }) => name).join("\n");
  const data = useMemo(() => {
    const shown = drawn.split("\n").map((name) => curves[name] ?? { steps: [], values: [] });
    return align(x === "time" ? shown.map(overTime) : shown);
  }, [curves, drawn, x]);
  return <Plot shape={shape} data={data} label={label} {...(testId ? { testId } : {})} />;
}
