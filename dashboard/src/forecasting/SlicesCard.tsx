import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { titleOf } from "../evaluation/metrics";
import { figureQuery, type FigureProps } from "../figures/api";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";
import { Bar } from "./Bar";
import css from "./Explanations.module.css";

/** The error of each slice of the held-out rows next to that of the best baseline. */
export default function SlicesCard({ run, evaluation }: FigureProps) {
  const { t, i18n } = useTranslation();
  const { count, number, percent } = useFormats();
  const data = useQuery(figureQuery(run, "slices")).data;
  if (!data || data.slices.length === 0) return null;
  return (
    <Card title={t("explain.slices")} note={t("explain.slicesNote", { baseline: data.baseline })} testId="slices">
      {data.slices.map((slice) => {
        const most = Math.max(...slice.rows.map((row) => row.rmse));
        return (
          <Table key={slice.by} caption={t(`explain.by.${slice.by}`, { defaultValue: slice.by })}>
            <thead>
              <tr>
                <th scope="col">{t(`explain.by.${slice.by}`, { defaultValue: slice.by })}</th>
                <th scope="col" className={tableCss["number"]}>{t("explain.count")}</th>
                <th scope="col" className={tableCss["number"]}>{titleOf(evaluation, "rmse", i18n.language)}</th>
                <th scope="col" className={tableCss["number"]}>{data.baseline}</th>
                <th scope="col" className={tableCss["number"]}>{titleOf(evaluation, "skill", i18n.language)}</th>
                <th scope="col" className={css["barCell"]} aria-hidden="true" />
              </tr>
            </thead>
            <tbody>
              {slice.rows.map((row) => (
                <tr key={row.value}>
                  <th scope="row">{row.value}</th>
                  <td className={tableCss["number"]}>{count(row.errors)}</td>
                  <td className={tableCss["number"]}>{number(row.rmse)}</td>
                  <td className={tableCss["number"]}>{number(row.baseline_rmse)}</td>
                  <td className={`${tableCss["number"]} ${row.skill !== null && row.skill < 0 ? css["worse"] : ""}`}>{percent(row.skill, 1, true)}</td>
                  <td aria-hidden="true">
                    <Bar share={most > 0 ? row.rmse / most : 0} />
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        );
      })}
    </Card>
  );
}
