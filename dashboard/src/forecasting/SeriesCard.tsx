import { useTranslation } from "react-i18next";

import type { Evaluation } from "../api/evaluation";
import { columnDecimals, titleOf } from "../evaluation/metrics";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";

/** The scores of each of several series, the worst first, and the series that were left out; empty for a single series. */
export function SeriesCard({ evaluation }: { evaluation: Evaluation }) {
  const { t, i18n } = useTranslation();
  const { count, fixed, percent } = useFormats();
  const scores = evaluation.series;
  if (!scores) return null;
  const unit = evaluation.unit === "" ? "" : ` (${evaluation.unit})`;
  const decimals = columnDecimals(scores.rows.map((row) => row.rmse));
  const title = (name: string) => titleOf(evaluation, name, i18n.language);
  return (
    <Card title={t("series.title")} note={t("series.note", { shown: count(scores.count), count: scores.count, better: scores.better, baseline: evaluation.best_baseline })}>
      <Table caption={t("series.caption", { candidate: scores.candidate })} testId="series-table">
        <thead>
          <tr>
            <th scope="col">{scores.column}</th>
            <th scope="col" className={tableCss["number"]}>{t("series.origins")}</th>
            <th scope="col" className={tableCss["number"]}>{title("mase")}</th>
            <th scope="col" className={tableCss["number"]}>{t("series.of", { metric: title("mase"), baseline: evaluation.best_baseline })}</th>
            <th scope="col" className={tableCss["number"]}>{title("rmse") + unit}</th>
            <th scope="col" className={tableCss["number"]}>{title("coverage")}</th>
            <th scope="col" className={tableCss["number"]}>{title("skill")}</th>
          </tr>
        </thead>
        <tbody>
          {scores.rows.map((row) => (
            <tr key={row.series}>
              <th scope="row">
                {row.series} {row.series === scores.worst ? <span className={tableCss["soft"]}>{t("series.worst")}</span> : null}
              </th>
              <td className={tableCss["number"]}>{count(row.origins)}</td>
              <td className={tableCss["number"]}>{fixed(row.mase, 3)}</td>
              <td className={tableCss["number"]}>{fixed(row.baseline_mase, 3)}</td>
              <td className={tableCss["number"]}>{fixed(row.rmse, decimals)}</td>
              <td className={tableCss["number"]}>{percent(row.coverage, 1)}</td>
              <td className={tableCss["number"]}>{percent(row.skill, 1, true)}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css["footnote"]}>{t("series.footnote")}</p>
      {scores.left_out.length > 0 ? (
        <details className={css["disclosure"]}>
          <summary>{t("series.leftOut", { count: scores.left_out.length })}</summary>
          <ul>
            {scores.left_out.map((one) => (
              <li key={one.series}>{t(`series.why.${one.why}`, { series: one.series, part: t(`series.part.${one.part}`), rows: count(one.rows), needed: count(one.needed) })}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </Card>
  );
}
