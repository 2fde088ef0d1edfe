import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import { columnDecimals, type Evaluation } from "./evaluation";
import css from "./RunPage.module.css";

/** Each of several series by itself, the worst first, and those that were left out; nothing where there is one. */
export function SeriesCard({ evaluation }: { evaluation: Evaluation }) {
  const { t } = useTranslation();
  const { count, fixed, percent } = useFormats();
  const told = evaluation.series;
  if (!told) return null;
  const unit = evaluation.unit === "" ? "" : ` (${evaluation.unit})`;
  const decimals = columnDecimals(told.rows.map((row) => row.rmse));
  return (
    <Card title={t("series.title")} note={t("series.note", { shown: count(told.count), count: told.count, better: told.better, baseline: evaluation.best_baseline })}>
      <Table caption={t("series.caption", { candidate: told.candidate })} testId="series-table">
        <thead>
          <tr>
            <th scope="col">{told.column}</th>
            <th scope="col" className={tableCss["number"]}>{t("series.origins")}</th>
            <th scope="col" className={tableCss["number"]}>{t("metrics.mase")}</th>
            <th scope="col" className={tableCss["number"]}>{t("series.baselineMase", { baseline: evaluation.best_baseline })}</th>
            <th scope="col" className={tableCss["number"]}>{t("metrics.rmse") + unit}</th>
            <th scope="col" className={tableCss["number"]}>{t("metrics.coverage")}</th>
            <th scope="col" className={tableCss["number"]}>{t("metrics.skill")}</th>
          </tr>
        </thead>
        <tbody>
          {told.rows.map((row) => (
            <tr key={row.series}>
              <th scope="row">
                {row.series} {row.series === told.worst ? <span className={tableCss["soft"]}>{t("series.worst")}</span> : null}
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
      {told.left_out.length > 0 ? (
        <details className={css["disclosure"]}>
          <summary>{t("series.leftOut", { count: told.left_out.length })}</summary>
          <ul>
            {told.left_out.map((one) => (
              <li key={one.series}>{t(`series.why.${one.why}`, { series: one.series, part: t(`series.part.${one.part}`), rows: count(one.rows), needed: count(one.needed) })}</li>
            ))}
          </ul>
        </details>
      ) : null}
    </Card>
  );
}
