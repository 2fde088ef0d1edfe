import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { RowZone } from "../language/format";
import { useFormats } from "../language/useFormats";
import type { Forecast } from "../api/figures";
import { forecastColumns, recentRange, rhythmOf } from "./bands";
import { Plot } from "./Plot";
import type { PlotShape } from "./options";

interface ForecastPlotProps {
  target: string;
  unit: string;
  history: Forecast["history"];
  next: Forecast["next"];
  interval: number | null;
  series: RowZone | null;
  /** Actual values by step, null if not yet known; absent if actual values are not shown. */
  actual?: readonly (number | null)[] | null;
  testId?: string;
}

/** History and forecast values with their interval. */
export default function ForecastPlot({ target, unit, history, next, interval, series, actual = null, testId }: ForecastPlotProps) {
  const { t } = useTranslation();
  const { percent, count } = useFormats();
  const named = unit === "" ? target : `${target} (${unit})`;
  const banded = next.some((point) => point.low !== null);
  const { dated, zone } = rhythmOf(history.length > 1 ? history.map(([at]) => at) : next.map((point) => point.at), series);
  const happened = actual?.some((value) => value !== null) ?? false;
  const shape = useMemo<PlotShape>(
    () => ({
      x: "time",
      xLabel: t("charts.time"),
      rhythm: { dated, zone },
      height: 320,
      lines: [
        { label: named, color: "--chart-1" },
        { label: t("charts.forecast"), color: "--chart-2", points: true },
        { label: banded ? t("charts.high", { level: percent(interval) }) : "", color: "--chart-2", edge: "high" },
        { label: banded ? t("charts.low", { level: percent(interval) }) : "", color: "--chart-2", edge: "low" },
        ...(happened ? [{ label: t("charts.actual"), color: "--chart-3" as const, points: true, dash: true }] : []),
      ],
    }),
    [banded, dated, happened, interval, named, percent, t, zone],
  );
  const data = useMemo(() => forecastColumns(history, next, happened ? actual : null), [history, next, happened, actual]);
  return (
    <Plot
      shape={shape}
      data={data}
      range={recentRange(history, next)}
      label={t("charts.forecastLabel", { target: named, count: next.length, shown: count(next.length), level: percent(interval) })}
      {...(testId ? { testId } : {})}
    />
  );
}
