import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import { Plot } from "../charts/Plot";
import type { PlotShape } from "../charts/options";
import type { LiveScores } from "./api";
import { lossColumns } from "./scores";

/** The live loss over time next to the naive one. */
export default function LossPlot({ scores }: { scores: LiveScores }) {
  const { t } = useTranslation();
  const unit = scores.classes || scores.unit === "" ? "" : ` (${scores.unit})`;
  const shape = useMemo<PlotShape>(
    () => ({
      x: "time",
      xLabel: t("charts.time"),
      height: 240,
      lines: [
        { label: `${scores.classes ? t("live.wrong") : t("live.error")}${unit}`, color: "--chart-1", points: true },
        { label: `${t("live.naive")}${unit}`, color: "--ink-soft", dash: true, points: true },
      ],
    }),
    [scores.classes, t, unit],
  );
  const data = useMemo(() => lossColumns(scores), [scores]);
  return <Plot shape={shape} data={data} label={t("live.plot", { model: scores.model })} testId="live-plot" />;
}
