import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Rows } from "../api/types";
import type { RowZone } from "../language/format";
import { rhythmOf } from "./bands";
import type { PlotShape } from "./options";
import { Plot } from "./Plot";

/** A dataset's column over time. */
export default function RowsPlot({ rows, column, series }: { rows: Rows; column: string; series: RowZone | null }) {
  const { t } = useTranslation();
  const { dated, zone } = rhythmOf(rows.times, series);
  const shape = useMemo<PlotShape>(
    () => ({ x: "time", xLabel: t("charts.time"), rhythm: { dated, zone }, height: 280, lines: [{ label: column, color: "--chart-1" }] }),
    [column, dated, t, zone],
  );
  const data = useMemo(() => [rows.times.map((at) => Date.parse(at) / 1000), rows.columns[column] ?? []] as [number[], (number | null)[]], [column, rows]);
  return <Plot shape={shape} data={data} label={t("charts.rowsLabel", { column, count: rows.total_rows })} testId="dataset-chart" />;
}
