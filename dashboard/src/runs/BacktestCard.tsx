import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import type { RowZone } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import { namedFigureQuery } from "./api";
import { columnDecimals, type MetricValues } from "./evaluation";
import css from "./RunPage.module.css";

interface Spread {
  mean: number | null;
  deviation: number | null;
  folds: number;
}

export interface Backtest {
  candidate: string;
  purge_rows: number;
  /** Of a study's winner: how the folds lie to the rows that chose its config. Missing in runs of earlier releases. */
  choice?: "before" | "inside" | null;
  folds: {
    parts: Record<"train" | "validation" | "test", { rows: number; start: string; end: string }>;
    contenders: { name: string; metrics: MetricValues }[];
  }[];
  contenders: { name: string; rmse: Spread; mase: Spread; coverage: Spread; beaten_in: number | null }[];
}

/** The same pipeline learned anew on growing parts, each judged on the rows that follow; nothing where none was asked for. */
export function BacktestCard({ run, series }: { run: RunDetail; series: RowZone | null }) {
  const { t } = useTranslation();
  const { day, fixed, percent } = useFormats();
  const { data } = useQuery(namedFigureQuery<Backtest>(run.id, "backtest", run.figures.includes("backtest")));
  if (!data) return null;
  const rmse = (name: string, fold: Backtest["folds"][number]) => fold.contenders.find((each) => each.name === name)?.metrics.rmse;
  const decimals = columnDecimals(data.contenders.map((row) => row.rmse.mean));
  return (
    <Card title={t("backtest.title")} note={t("backtest.note", { count: data.folds.length, purge: data.purge_rows })}>
      <Table caption={t("backtest.caption")} testId="backtest-table">
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
            <th scope="col" className={tableCss["number"]}>{t("metrics.mase")}</th>
            <th scope="col" className={tableCss["number"]}>{t("metrics.coverage")}</th>
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
