import { useTranslation } from "react-i18next";

import type { Evaluation } from "../api/evaluation";
import { columnDecimals, titleOf } from "../evaluation/metrics";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";

const SHOWN = ["rmse", "mae", "mase"];

/** The incumbent forecast next to the candidate and the best baseline; empty if the dataset has none. */
export function IncumbentCard({ evaluation }: { evaluation: Evaluation }) {
  const { t, i18n } = useTranslation();
  const { count, fixed } = useFormats();
  const incumbent = evaluation.incumbent;
  if (!incumbent) return null;
  const rows = [[t("incumbent.title"), incumbent.metrics] as const, ...Object.entries(incumbent.alongside)];
  const decimals = Object.fromEntries(SHOWN.map((name) => [name, columnDecimals(rows.map(([, scores]) => scores[name] ?? null))]));
  return (
    <Card title={t("incumbent.title")} note={t("incumbent.note")}>
      <Table caption={t("incumbent.caption", { column: incumbent.column, targets: count(incumbent.targets), of: count(incumbent.of) })} testId="incumbent-table">
        <thead>
          <tr>
            <th scope="col">{t("incumbent.contender")}</th>
            {SHOWN.map((name) => (
              <th key={name} scope="col" className={tableCss["number"]}>{titleOf(evaluation, name, i18n.language)}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, scores]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              {SHOWN.map((metric) => (
                <td key={metric} className={tableCss["number"]}>{fixed(scores[metric] ?? null, decimals[metric] ?? 3)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
