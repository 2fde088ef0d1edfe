import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { Table, tableCss } from "../ui/Table";
import { IN_UNIT, SHARES, best, columnDecimals, type Contender, type Evaluation, type MetricName } from "./evaluation";
import css from "./RunPage.module.css";

const METRICS: readonly MetricName[] = ["rmse", "mae", "mase", "smape", "r2", "r2_change", "coverage", "crps", "width"];

/** Everyone on the same held-out rows, by horizon. The best of each column stands out; the winner's row too. */
export function BaselineCard({ evaluation, runId }: { evaluation: Evaluation; runId: string }) {
  const { t } = useTranslation();
  const { count, day } = useFormats();
  const paths = usePaths();
  const [metric, setMetric] = useState<MetricName>("rmse");
  const { test, train } = evaluation.parts;
  const series = rowZoneOf(evaluation);
  const unit = IN_UNIT.includes(metric) && evaluation.unit !== "" ? ` (${evaluation.unit})` : "";
  return (
    <Card
      title={t("baselines.title")}
      note={t("baselines.note", { start: day(test.start, series), end: day(test.end, series), shown: count(test.origins ?? test.rows), count: test.origins ?? test.rows })}
      actions={
        <label className={css["choices"]}>
          <span className={css["soft"]}>{t("baselines.metric")}</span>
          <select value={metric} onChange={(event) => setMetric(METRICS.find((name) => name === event.target.value) ?? "rmse")}>
            {METRICS.map((name) => (
              <option key={name} value={name}>
                {t(`metrics.${name}`)}
              </option>
            ))}
          </select>
        </label>
      }
    >
      <Contenders evaluation={evaluation} metric={metric} caption={`${t("baselines.title")}: ${t(`metrics.${metric}`)}${unit}`} />
      <p className={css["footnote"]}>
        {t(`metricNotes.${metric}`)}
        {unit === "" ? "" : ` ${t("baselines.unit", { unit: evaluation.unit })}`} {t("baselines.trained", { start: day(train.start, series), end: day(train.end, series) })}{" "}
        {t("baselines.computedBy")}{" "}
        <Link href={paths.run(runId)}>
          <Hash value={runId} length={16} />
        </Link>
        .
      </p>
    </Card>
  );
}

function Contenders({ evaluation, metric, caption }: { evaluation: Evaluation; metric: MetricName; caption: string }) {
  const { t } = useTranslation();
  const { duration, fixed, percent } = useFormats();
  const ranked = [...evaluation.contenders].sort((a, b) => a.rank - b.rank);
  const horizons = evaluation.shown_horizons;
  const columns = [
    ranked.map((contender) => contender.metrics[metric]),
    ...horizons.map((horizon) => ranked.map((contender) => at(contender, horizon, metric))),
  ];
  const decimals = columnDecimals(columns.flat());
  const show = (value: number | null | undefined) => (SHARES.includes(metric) ? percent(value, 1) : fixed(value, decimals));
  const bests = columns.map((column) => best(column, metric));

  return (
    <Table caption={caption} testId="baseline-table">
      <thead>
        <tr>
          <th scope="col" className={tableCss["number"]}>{t("baselines.rank")}</th>
          <th scope="col">{t("baselines.contender")}</th>
          <th scope="col" className={tableCss["number"]}>{t("baselines.overall")}</th>
          {horizons.map((horizon) => (
            <th key={horizon} scope="col" className={tableCss["number"]}>
              {t("baselines.horizon", { horizon })}
            </th>
          ))}
          <th scope="col" className={tableCss["number"]}>{t("metrics.skill")}</th>
          <th scope="col" className={tableCss["number"]}>{t("baselines.seconds")}</th>
        </tr>
      </thead>
      <tbody>
        {ranked.map((contender, row) => (
          <tr key={`${contender.role} ${contender.name}`} className={contender.name === evaluation.winner ? tableCss["marked"] : undefined}>
            <td className={tableCss["number"]}>{contender.rank}</td>
            <th scope="row">
              {contender.name} <span className={tableCss["soft"]}>{t(`contenders.${contender.role}`)}</span>
            </th>
            {columns.map((column, index) => {
              const value = column[row];
              const isBest = value !== null && value !== undefined && value === bests[index];
              return (
                <td key={index} className={`${tableCss["number"]} ${isBest ? tableCss["best"] : ""}`}>
                  {show(value)}
                  {isBest ? <span className="visually-hidden"> {t("baselines.best")}</span> : null}
                </td>
              );
            })}
            <td className={tableCss["number"]}>{percent(contender.metrics.skill, 1, true)}</td>
            <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{duration(contender.seconds)}</td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function at(contender: Contender, horizon: number, metric: MetricName): number | null | undefined {
  return contender.horizons.find((values) => values.horizon === horizon)?.[metric];
}
