import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { RowZone } from "../language/format";
import { useFormats } from "../language/useFormats";
import type { Forecast } from "../api/figures";
import { rhythmOf, testColumns } from "./bands";
import type { PlotShape } from "./options";
import { Plot } from "./Plot";

/** Predicted and actual values of the held-out rows. */
export default function TestPlot({ test, interval, series }: { test: NonNullable<Forecast["test"]>; interval: number | null; series: RowZone | null }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const banded = test.low !== null && test.high !== null;
  const { dated, zone } = rhythmOf(test.at, series);
  const shape = useMemo<PlotShape>(
    () => ({
      x: "time",
      xLabel: t("charts.time"),
      rhythm: { dated, zone },
      height: 280,
      lines: [
        { label: t("charts.actual"), color: "--chart-1" },
        { label: t("charts.predicted"), color: "--chart-2", dash: true },
        { label: banded ? t("charts.high", { level: percent(interval) }) : "", color: "--chart-2", edge: "high" },
        { label: banded ? t("charts.low", { level: percent(interval) }) : "", color: "--chart-2", edge: "low" },
      ],
    }),
    [banded, dated, interval, percent, t, zone],
  );
  const data = useMemo(() => testColumns(test), [test]);
  return <Plot shape={shape} data={data} label={t("charts.testLabel", { count: test.at.length })} testId="test-chart" />;
}
