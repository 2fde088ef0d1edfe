import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { Columns, Dots } from "../charts/Drawing";
import { figureQuery, type FigureProps } from "../figures/api";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import text from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";
import css from "./Explanations.module.css";
import { normalCounts } from "./residuals";

/** The errors on the held-out rows: predicted against actual, their distribution, and their autocorrelation. */
export default function ErrorsCard({ run, evaluation }: FigureProps) {
  const { t } = useTranslation();
  const { count, day, number } = useFormats();
  const series = rowZoneOf(evaluation);
  const points = useQuery(figureQuery(run, "actual_predicted")).data;
  const residuals = useQuery(figureQuery(run, "residuals")).data;
  if (!residuals) return null;
  const { histogram, qq, over_time: time, autocorrelation: memory, autocorrelation_bound: bound } = residuals;
  const loud = memory.flatMap((value, lag) => (bound !== null && Math.abs(value) > bound ? [lag + 1] : []));
  const dated = time.at.every((at) => !Number.isNaN(Date.parse(at)));
  const times = time.at.map((at, index) => (dated ? Date.parse(at) : index));
  const unit = residuals.unit === "" ? "" : ` ${residuals.unit}`;
  return (
    <Card title={t("explain.errors")} note={t("explain.errorsNote", { shown: count(residuals.origins), count: residuals.origins })} testId="errors">
      <div className={css["grid"]}>
        {points ? (
          <>
            <Dots diagonal x={points.actual} y={points.predicted} label={t("explain.actualPredicted", { name: points.contender })} caption={t("explain.actualPredicted", { name: points.contender })} />
            <Dots diagonal tone="second" x={points.actual} y={points.baseline_predicted} label={t("explain.actualPredicted", { name: points.baseline })} caption={t("explain.actualPredicted", { name: points.baseline })} />
          </>
        ) : null}
        <Columns
          values={histogram.counts}
          curve={normalCounts(residuals)}
          first={number(histogram.edges[0])}
          last={number(histogram.edges.at(-1))}
          label={t("explain.histogram")}
          caption={t("explain.histogram")}
        />
        <Dots diagonal x={qq.normal} y={qq.error} label={t("explain.qq")} caption={t("explain.qq")} />
        <Dots x={times} y={time.error} between={dated ? [day(time.at[0], series), day(time.at.at(-1), series)] : undefined} label={t("explain.overTime")} caption={t("explain.overTime")} />
        <Columns values={memory} bound={bound} first="1" last={count(memory.length)} label={t("explain.memory")} caption={t("explain.memory")} />
      </div>
      <p className={text["footnote"]}>
        {t("explain.bias", { mean: number(residuals.mean) + unit, spread: number(residuals.standard_deviation) + unit })}{" "}
        {loud.length > 0 ? t("explain.loud", { lags: loud.slice(0, 8).map(count).join(", ") }) : t("explain.quiet")}
        {residuals.ljung_box ? ` ${t("explain.ljungBox", { lags: count(residuals.ljung_box.lags), p: number(residuals.ljung_box.p) })}` : ""}
      </p>
      <details className={text["disclosure"]}>
        <summary>{t("explain.memoryTable")}</summary>
        <Table caption={t("explain.memory")}>
          <thead>
            <tr>
              <th scope="col">{t("explain.lag")}</th>
              <th scope="col" className={tableCss["number"]}>{residuals.contender}</th>
              <th scope="col" className={tableCss["number"]}>{residuals.baseline}</th>
            </tr>
          </thead>
          <tbody>
            {memory.map((value, lag) => (
              <tr key={lag}>
                <th scope="row">{count(lag + 1)}</th>
                <td className={tableCss["number"]}>{number(value)}</td>
                <td className={tableCss["number"]}>{number(residuals.baseline_autocorrelation[lag] ?? null)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </details>
    </Card>
  );
}
