import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { LearnerHours } from "../api/types";
import { colorOf, dashOf } from "./colors";
import type { PlotShape } from "./options";
import { Plot } from "./Plot";

/** A learner's metric and those of its baselines over time. */
export default function HoursPlot({ hours, name }: { hours: LearnerHours; name: string }) {
  const { t } = useTranslation();
  const baselines = useMemo(() => [...new Set(hours.hours.flatMap((hour) => Object.keys(hour.baselines)))].sort(), [hours]);
  const shape = useMemo<PlotShape>(
    () => ({ x: "time", xLabel: t("charts.time"), height: 260, lines: [name, ...baselines].map((label, index) => ({ label, color: colorOf(index), dash: dashOf(index), points: true })) }),
    [baselines, name, t],
  );
  const data = useMemo(
    () => [hours.hours.map((hour) => Date.parse(hour.at) / 1000), hours.hours.map((hour) => hour.learner), ...baselines.map((one) => hours.hours.map((hour) => hour.baselines[one] ?? null))] as [number[], ...(number | null)[][]],
    [baselines, hours],
  );
  return <Plot shape={shape} data={data} label={t("charts.hoursLabel", { metric: hours.metric, count: hours.hours.length })} testId="learner-hours" />;
}
