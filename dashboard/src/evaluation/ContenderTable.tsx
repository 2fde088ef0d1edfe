import { useTranslation } from "react-i18next";

import type { Contender, Evaluation, MetricFacts } from "../api/evaluation";
import { useFormats } from "../language/useFormats";
import { Table, tableCss } from "../ui/Table";
import { best, columnDecimals, intervalOf, isRelative, shownMetrics, useMetrics } from "./metrics";

interface Column {
  key: string;
  title: string;
  metric: MetricFacts;
  /** Null for the whole test set. */
  horizon: number | null;
}

/**
 * Every contender in its rank. With `chosen`: this metric overall and by horizon, then the metrics that are relative to
 * the best baseline. Without: the main metrics.
 */
export function ContenderTable({ evaluation, chosen, caption }: { evaluation: Evaluation; chosen: MetricFacts | undefined; caption: string }) {
  const { t } = useTranslation();
  const { duration } = useFormats();
  const { range, show } = useMetrics();
  const ranked = [...evaluation.contenders].sort((a, b) => a.rank - b.rank);
  const columns = useColumns(evaluation, chosen);
  const drawn = columns.map((column) => ({
    ...column,
    // Columns of the same metric have the same decimals.
    decimals: columnDecimals(columns.filter(({ metric }) => metric === column.metric).flatMap((each) => ranked.map((contender) => valueOf(contender, each)))),
    best: isRelative(column.metric) ? null : best(ranked.map((contender) => valueOf(contender, column)), column.metric.direction),
    ranged: column.horizon === null && ranked.some(({ metrics }) => intervalOf(metrics, column.metric.name) !== null),
  }));
  return (
    <Table caption={caption} testId="baseline-table">
      <thead>
        <tr>
          <th scope="col" className={tableCss["number"]}>{t("baselines.rank")}</th>
          <th scope="col">{t("baselines.contender")}</th>
          {drawn.map(({ key, title }) => (
            <th key={key} scope="col" className={tableCss["number"]}>
              {title}
            </th>
          ))}
          <th scope="col" className={tableCss["number"]}>{t("baselines.seconds")}</th>
        </tr>
      </thead>
      <tbody>
        {ranked.map((contender) => (
          <tr key={`${contender.role} ${contender.name}`} className={contender.name === evaluation.winner ? tableCss["marked"] : undefined}>
            <td className={tableCss["number"]}>{contender.rank}</td>
            <th scope="row">
              {contender.name} <span className={tableCss["soft"]}>{t(`contenders.${contender.role}`)}</span>
            </th>
            {drawn.map((column) => {
              const value = valueOf(contender, column);
              const isBest = value !== null && value === column.best;
              return (
                <td key={column.key} className={`${tableCss["number"]} ${isBest ? tableCss["best"] : ""}`}>
                  {show(column.metric, value, column.decimals)}
                  {column.ranged ? <span className={tableCss["soft"]}> ({range(column.metric, contender.metrics) ?? "–"})</span> : null}
                  {isBest ? <span className="visually-hidden"> {t("baselines.best")}</span> : null}
                </td>
              );
            })}
            <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{duration(contender.seconds)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function useColumns(evaluation: Evaluation, chosen: MetricFacts | undefined): Column[] {
  const { t } = useTranslation();
  const { title, titled } = useMetrics();
  const overall = (metric: MetricFacts, name: string): Column => ({ key: metric.name, title: name, metric, horizon: null });
  const metrics = shownMetrics(evaluation);
  if (chosen === undefined) return metrics.filter(({ detail }) => detail === "main").map((metric) => overall(metric, titled(metric, evaluation.unit)));
  const ahead = evaluation.shown_horizons.map((horizon) => ({ key: `${chosen.name} ${horizon}`, title: t("baselines.horizon", { horizon }), metric: chosen, horizon }));
  return [overall(chosen, t("baselines.overall")), ...ahead, ...metrics.filter(isRelative).map((metric) => overall(metric, title(metric)))];
}

function valueOf(contender: Contender, { metric, horizon }: Column): number | null {
  const metrics = horizon === null ? contender.metrics : contender.horizons.find((each) => each.horizon === horizon)?.metrics;
  return metrics?.[metric.name] ?? null;
}
