import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Evaluation } from "../api/evaluation";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Hash } from "../ui/Facts";
import { ContenderTable } from "./ContenderTable";
import { isRelative, metricOf, shownMetrics, useMetrics } from "./metrics";

/** All contenders on the same held-out rows. The best value of each column and the winner's row are highlighted. */
export function ContendersCard({ evaluation, runId }: { evaluation: Evaluation; runId: string }) {
  const { t } = useTranslation();
  const { count, day } = useFormats();
  const { hint, title, titled } = useMetrics();
  const paths = usePaths();
  const [name, setName] = useState(evaluation.gate_metric);
  const { test, train } = evaluation.parts;
  const series = rowZoneOf(evaluation);
  const metrics = shownMetrics(evaluation);
  const ahead = evaluation.shown_horizons.length > 0; // one metric by horizon; otherwise the main metrics
  const choosable = metrics.filter((metric) => !isRelative(metric) && metric.unit !== "seconds" && metric.unit !== "bytes");
  const chosen = ahead ? (metricOf(evaluation, name) ?? choosable[0]) : undefined;
  const explained = chosen ? [chosen] : metrics.filter((metric) => metric.detail === "main" && hint(metric) !== "");
  const origins = test?.origins ?? test?.rows ?? 0;
  return (
    <Card
      title={t("baselines.title")}
      note={
        test?.start
          ? t("baselines.note", { start: day(test.start, series), end: day(test.end, series), shown: count(origins), count: origins })
          : t("baselines.examples", { shown: count(origins), count: origins })
      }
      actions={
        chosen ? (
          <label className={css["choices"]}>
            <span className={css["soft"]}>{t("baselines.metric")}</span>
            <select value={chosen.name} onChange={(event) => setName(event.target.value)}>
              {choosable.map((metric) => (
                <option key={metric.name} value={metric.name}>
                  {title(metric)}
                </option>
              ))}
            </select>
          </label>
        ) : null
      }
    >
      <ContenderTable evaluation={evaluation} chosen={chosen} caption={chosen ? `${t("baselines.title")}: ${titled(chosen, evaluation.unit)}` : t("baselines.title")} />
      <p className={css["footnote"]}>
        {explained.map((metric) => `${chosen ? "" : `${title(metric)}: `}${hint(metric)} `)}
        {chosen?.unit === "target" && evaluation.unit !== "" ? `${t("baselines.unit", { unit: evaluation.unit })} ` : ""}
        {train?.start ? t("baselines.trained", { start: day(train.start, series), end: day(train.end, series) }) : null}
        {train && !train.start ? t("baselines.trainedOn", { count: train.rows, shown: count(train.rows) }) : null} {t("baselines.computedBy")}{" "}
        <Link href={paths.run(runId)}>
          <Hash value={runId} length={16} />
        </Link>
        .
      </p>
    </Card>
  );
}
