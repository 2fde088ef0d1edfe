import { useTranslation } from "react-i18next";

import type { ClassMetrics, PerClass } from "../api/figures";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Table, tableCss } from "../ui/Table";

const COLUMNS = ["precision", "recall", "f1"] as const;

/** Precision, recall and F1 of each class, and the best baseline's F1 next to it. */
export function PerClassCard({ figure }: { figure: PerClass }) {
  const { t } = useTranslation();
  const { count, percent } = useFormats();
  const alongside = new Map<string, ClassMetrics>(figure.baseline_rows.map((row) => [row.name, row]));
  const ours = figure.contender !== figure.baseline;
  return (
    <Card title={t("vision.perClass")} note={t("vision.perClassNote", { contender: figure.contender, baseline: figure.baseline })} testId="per-class">
      <Table caption={t("vision.perClass")}>
        <thead>
          <tr>
            <th scope="col">{t("vision.class")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.support")}</th>
            <th scope="col" className={tableCss["number"]}>{t("vision.answered")}</th>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" className={tableCss["number"]}>
                {t(`vision.${name}`)}
              </th>
            ))}
            {ours ? <th scope="col" className={tableCss["number"]}>{t("vision.f1Of", { name: figure.baseline.split(".").at(-1) })}</th> : null}
          </tr>
        </thead>
        <tbody>
          {figure.rows.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              <td className={tableCss["number"]}>{count(row.support)}</td>
              <td className={tableCss["number"]}>{count(row.answered)}</td>
              {COLUMNS.map((name) => (
                <td key={name} className={tableCss["number"]}>
                  {percent(row[name], 1)}
                </td>
              ))}
              {ours ? <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{percent(alongside.get(row.name)?.f1, 1)}</td> : null}
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}
