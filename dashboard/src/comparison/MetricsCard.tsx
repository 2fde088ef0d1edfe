import { useTranslation } from "react-i18next";

import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Notice } from "../ui/Notice";
import { tableCss } from "../ui/Table";
import type { Comparison } from "./api";
import { rowsName } from "./columns";
import css from "./Comparison.module.css";
import { CompareTable, type TableRow } from "./CompareTable";

const REASONS = 3;

/** Scores and logged metrics of every run; each score next to the run's best baseline. */
export function MetricsCard({ comparison, inside, titled }: { comparison: Comparison; inside: readonly boolean[]; titled: (metric: string) => string }) {
  const { t, i18n } = useTranslation();
  const { number } = useFormats();
  const judged = comparison.metrics.length > 0;
  const rows: TableRow[] = [];
  if (comparison.rows.length > 1) rows.push({ id: "rows", title: t("comparison.rows"), cells: comparison.runs.map((run) => (typeof run.rows === "number" ? rowsName(run.rows) : "–")) });
  for (const row of comparison.metrics) {
    const cells = row.values.map((value, place) => (
      <>
        {row.best.includes(place) ? <Mark sign="▲" text={t("comparison.best")} /> : null}
        {row.worst.includes(place) ? <Mark sign="▼" text={t("comparison.worst")} /> : null}
        {number(value)}
        {row.unit === null && value !== null ? ` ${comparison.runs[place]?.unit ?? ""}` : null}
        {row.alongside[place] === null || value === null ? null : <span className={tableCss["soft"]}> ({number(row.alongside[place] ?? null)})</span>}
      </>
    ));
    rows.push({ id: `metrics.${row.metric}`, title: `${titled(row.metric)}${row.unit ? ` (${row.unit})` : ""}`, cells, best: row.best });
  }
  for (const row of comparison.logged) rows.push({ id: `logged.${row.series}`, title: <span dir="auto" className={css["series"]} title={row.series}>{row.series}</span>, cells: row.last.map((value) => number(value)) });
  const reasons = comparison.why_not.slice(0, REASONS);
  return (
    <Card title={t("comparison.metrics")} note={judged ? t(comparison.same_rows ? "comparison.marked" : "comparison.unmarked") : t("comparison.loggedNote")} testId="comparison-metrics">
      {reasons.map((said, index) => <Notice key={index} tone="ember">{inLanguage(said.text, i18n.language)}</Notice>)}
      {comparison.why_not.length > REASONS ? <p className={css["end"]}>{t("comparison.moreReasons", { count: comparison.why_not.length - REASONS })}</p> : null}
      {rows.length === 0 ? <p>{t("comparison.noMetrics")}</p> : <CompareTable caption={t("comparison.metrics")} head={t("comparison.metric")} runs={comparison.runs} inside={inside} rows={rows} />}
      {judged && comparison.logged.length > 0 ? <p className={css["end"]}>{t("comparison.loggedNote")}</p> : null}
      {comparison.logged_left_out > 0 ? <p className={css["end"]}>{t("comparison.leftOut", { count: comparison.logged_left_out })}</p> : null}
    </Card>
  );
}

function Mark({ sign, text }: { sign: string; text: string }) {
  return (
    <>
      <span className={css["mark"]} aria-hidden="true">{sign} </span>
      <span className="visually-hidden">{text} </span>
    </>
  );
}
