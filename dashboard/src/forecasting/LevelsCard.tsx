import { useTranslation } from "react-i18next";

import type { Evaluation } from "../api/evaluation";
import { columnDecimals, titleOf } from "../evaluation/metrics";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Table, tableCss } from "../ui/Table";

/** The errors of totals and series, next to those of the best baseline and of other reconciliation methods; empty without groups. */
export function LevelsCard({ evaluation }: { evaluation: Evaluation }) {
  const { t, i18n } = useTranslation();
  const title = (name: string) => titleOf(evaluation, name, i18n.language);
  const { count, fixed, percent } = useFormats();
  const levels = evaluation.hierarchy?.levels;
  if (!levels) return null;
  const baseline = evaluation.best_baseline;
  return (
    <Card title={t("levels.title")} note={t("levels.note")}>
      <Table caption={t("levels.caption", { unit: evaluation.unit })} testId="levels-table">
        <thead>
          <tr>
            <th scope="col">{t("levels.level")}</th>
            <th scope="col" className={tableCss["number"]}>{t("levels.count")}</th>
            <th scope="col" className={tableCss["number"]}>{title("rmse")}</th>
            <th scope="col" className={tableCss["number"]}>{t("series.of", { metric: title("rmse"), baseline })}</th>
            <th scope="col" className={tableCss["number"]}>{title("skill")}</th>
            <th scope="col" className={tableCss["number"]}>{t("levels.base")}</th>
            <th scope="col" className={tableCss["number"]}>{t("levels.bottomUp")}</th>
            <th scope="col" className={tableCss["number"]}>{title("coverage")}</th>
          </tr>
        </thead>
        <tbody>
          {levels.map((row) => {
            const errors = [row.rmse, row.baseline_rmse, row.base_rmse, row.bottom_up_rmse];
            const decimals = columnDecimals(errors);
            return (
              <tr key={row.level}>
                <th scope="row">{row.level}</th>
                <td className={tableCss["number"]}>{count(row.series)}</td>
                <td className={tableCss["number"]}>{fixed(row.rmse, decimals)}</td>
                <td className={tableCss["number"]}>{fixed(row.baseline_rmse, decimals)}</td>
                <td className={tableCss["number"]}>{percent(row.skill, 1, true)}</td>
                <td className={tableCss["number"]}>{fixed(row.base_rmse, decimals)}</td>
                <td className={tableCss["number"]}>{fixed(row.bottom_up_rmse, decimals)}</td>
                <td className={tableCss["number"]}>{percent(row.coverage, 1)}</td>
              </tr>
            );
          })}
        </tbody>
      </Table>
      <p className={css["footnote"]}>{t("levels.footnote", { baseline })}</p>
    </Card>
  );
}
