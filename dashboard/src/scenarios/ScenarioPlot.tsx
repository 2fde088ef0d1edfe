import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { WhatIf } from "../api/types";
import { rhythmOf } from "../charts/bands";
import type { Line, PlotShape } from "../charts/options";
import { Plot, type PlotData } from "../charts/Plot";
import type { RowZone } from "../language/format";
import { useFormats } from "../language/useFormats";

const LOOKS: readonly Pick<Line, "color" | "dash">[] = [
  { color: "--chart-2" },
  { color: "--chart-3" },
  { color: "--chart-4" },
  { color: "--chart-2", dash: true },
];

/** The base with its interval, and every scenario's forecast. */
export default function ScenarioPlot({ answer, series }: { answer: WhatIf; series: RowZone | null }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const { base, scenarios, interval, target, unit } = answer;
  const banded = base.some((point) => point.low !== null);
  const { dated, zone } = rhythmOf(base.map((point) => point.at), series);
  const shape = useMemo<PlotShape>(
    () => ({
      x: "time",
      xLabel: t("charts.time"),
      rhythm: { dated, zone },
      height: 300,
      lines: [
        { label: t("whatIf.base"), color: "--chart-1", points: true },
        ...scenarios.map(({ name }, at) => ({ label: name, points: true, ...(LOOKS[at % LOOKS.length] ?? { color: "--chart-2" as const }) })),
        { label: banded ? t("charts.high", { level: percent(interval) }) : "", color: "--chart-1", edge: "high" },
        { label: banded ? t("charts.low", { level: percent(interval) }) : "", color: "--chart-1", edge: "low" },
      ],
    }),
    [banded, dated, interval, percent, scenarios, t, zone],
  );
  const data = useMemo<PlotData>(
    () => [
      base.map((point) => Date.parse(point.at) / 1000),
      base.map((point) => point.value),
      ...scenarios.map(({ predictions }) => predictions.map((point) => point.value)),
      base.map((point) => point.high),
      base.map((point) => point.low),
    ],
    [base, scenarios],
  );
  return <Plot shape={shape} data={data} label={t("whatIf.chart", { target: unit === "" ? target : `${target} (${unit})` })} testId="what-if-chart" />;
}
