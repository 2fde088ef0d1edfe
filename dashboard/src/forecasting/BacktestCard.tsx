import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Backtest } from "../api/figures";
import { columnDecimals, titleOf } from "../evaluation/metrics";
import { figureQuery, type FigureProps } from "../figures/api";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";

/** The same pipeline retrained on growing parts, each evaluated on the rows that follow. */
export default function BacktestCard({ run, evaluation }: FigureProps) {
  const { t, i18n } = useTranslation();
  const { day, fixed, percent } = useFormats();
  const { data } = useQuery(figureQuery(run, "backtest"));
  if (!data) return null;
  const series = rowZoneOf(evaluation);
  const title = (name: string) => titleOf(evaluation, name, i18n.language);
  const rmse = (name: string, fold: Backtest["folds"][number]) => fold.contenders.find((each) => each.name === name)?.metrics.rmse;
  const decimals = columnDecimals(data.contenders.map((row) => row.rmse.mean));
  return (
    <Card title={t("backtest.title")} note={t("backtest.note", { count: data.folds.length, purge: data.purge_rows })}>
      <Table caption={t("backtest.caption", { metric: title("rmse") })} testId="backtest-table">
        <thead>
          <tr>
            <th scope="col">{t("baselines.contender")}</th>
            {data.folds.map((fold) => (
              <th key={fold.parts.test.start} scope="col" className={tableCss["number"]}>
                {t("backtest.until", { day: day(fold.parts.test.end, series) })}
              </th>
            ))}
            <th scope="col" className={tableCss["number"]}>{t("backtest.mean")}</th>
            <th scope="col" className={tableCss["number"]}>{t("backtest.deviation")}</th>
            <th scope="col" className={tableCss["number"]}>{title("mase")}</th>
            <th scope="col" className={tableCss["number"]}>{title("coverage")}</th>
            <th scope="col" className={tableCss["number"]}>{t("backtest.beaten")}</th>
          </tr>
        </thead>
        <tbody>
          {data.contenders.map((row) => (
            <tr key={row.name} className={row.name === data.candidate ? tableCss["marked"] : undefined}>
              <th scope="row">
                {row.name} <span className={tableCss["soft"]}>{t(row.name === data.candidate ? "contenders.candidate" : "contenders.baseline")}</span>
              </th>
              {data.folds.map((fold) => (
                <td key={fold.parts.test.start} className={tableCss["number"]}>
                  {fixed(rmse(row.name, fold), decimals)}
                </td>
              ))}
              <td className={tableCss["number"]}>{fixed(row.rmse.mean, decimals)}</td>
              <td className={tableCss["number"]}>{fixed(row.rmse.deviation, decimals)}</td>
              <td className={tableCss["number"]}>{fixed(row.mase.mean, 3)}</td>
              <td className={tableCss["number"]}>{percent(row.coverage.mean, 1)}</td>
              <td className={tableCss["number"]}>{row.beaten_in === null ? "" : t("backtest.of", { won: row.beaten_in, folds: data.folds.length })}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css["footnote"]}>{t("backtest.footnote")}</p>
      {data.choice ? <p className={css["footnote"]}>{t(`backtest.choice.${data.choice}`)}</p> : null}
    </Card>
  );
}
