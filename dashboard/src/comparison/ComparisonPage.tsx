import { useQuery } from "@tanstack/react-query";
import { useMemo, useState, startTransition } from "react";
import { useTranslation } from "react-i18next";
import { useSearch } from "wouter";

import { axisOf, matching } from "../charts/parallel/columns";
import { ParallelPlot, type Brushes } from "../charts/parallel/ParallelPlot";
import { ScatterPlot } from "../charts/ScatterPlot";
import { useMetrics } from "../evaluation/metrics";
import { useFormats } from "../language/useFormats";
import { taskKindsQuery } from "../plugins/api";
import { anyMetric } from "../plugins/taskKinds";
import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Card, PageHead } from "../ui/Card";
import { Empty, ErrorNotice, Loading, Notice } from "../ui/Notice";
import { comparisonQuery, type Comparison } from "./api";
import { columnsOf, firstAxes, groupsOf, rowsName } from "./columns";
import css from "./Comparison.module.css";
import { ConfigCard } from "./ConfigCard";
import { CurvesCard } from "./CurvesCard";
import { MetricsCard } from "./MetricsCard";
import { PairCard } from "./PairCard";

const MOST_RUNS = 50;

/** Any runs side by side: `?runs=a,b,c`, at most fifty. */
export default function ComparisonPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const ids = [...new Set((new URLSearchParams(useSearch()).get("runs") ?? "").split(",").filter((id) => id !== ""))];
  const compared = ids.slice(0, MOST_RUNS);
  const comparison = useQuery(comparisonQuery(compared));
  useTitle(t("comparison.title"));
  const crumbs = [{ name: t("runs.title"), to: paths.runs }];
  if (ids.length < 2) {
    return (
      <div className={css["page"]}>
        <PageHead title={t("comparison.title")} crumbs={crumbs} />
        <Empty title={t("comparison.few")}>{t("comparison.fewNext")}</Empty>
      </div>
    );
  }
  return (
    <div className={css["page"]}>
      <PageHead title={t("comparison.title")} note={t("comparison.noteOf", { count: compared.length })} crumbs={crumbs} />
      {ids.length > MOST_RUNS ? <Notice tone="ember">{t("comparison.tooMany", { most: MOST_RUNS, count: ids.length })}</Notice> : null}
      {comparison.error ? <ErrorNotice error={comparison.error} /> : comparison.data ? <Cards key={compared.join()} comparison={comparison.data} /> : <Loading />}
    </div>
  );
}

function Cards({ comparison }: { comparison: Comparison }) {
  const { i18n } = useTranslation();
  const { title } = useMetrics();
  const kinds = useQuery(taskKindsQuery).data;
  const titled = useMemo(() => (name: string) => {
    const metric = anyMetric(kinds, name);
    return metric ? title(metric) : name;
  // The titles depend on the language.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [kinds, i18n.language]);
  const columns = useMemo(() => columnsOf(comparison, titled), [comparison, titled]);
  const [brushes, setBrushes] = useState<Brushes>({});
  // What the brushes leave: the plot redraws at once, tables and curves follow when there is time.
  const [filter, setFilter] = useState<Brushes>({});
  const inside = useMemo(() => matching(columns.filter(({ id }) => id in filter).map((column) => axisOf(column)), filter, comparison.runs.length), [columns, filter, comparison]);
  const brush = (next: Brushes) => {
    setBrushes(next);
    startTransition(() => setFilter(next));
  };
  return (
    <>
      <RowsNotice comparison={comparison} />
      <ParallelCard comparison={comparison} columns={columns} brushes={brushes} onBrush={brush} />
      <MetricsCard comparison={comparison} inside={inside} titled={titled} />
      <PairCard comparison={comparison} />
      <CurvesCard comparison={comparison} inside={inside} />
      <ScatterCard comparison={comparison} columns={columns} inside={inside} />
      <ConfigCard comparison={comparison} inside={inside} />
    </>
  );
}

type Columns = ReturnType<typeof columnsOf>;

/** Says that scores on different rows have axes of their own, and what the letters mean. */
function RowsNotice({ comparison }: { comparison: Comparison }) {
  const { t } = useTranslation();
  if (groupsOf(comparison).length < 2) return null;
  return (
    <Notice tone="info">
      <p>{t("comparison.otherRows")}</p>
      {comparison.rows.length > 0 ? (
        <ul className={css["rows"]} data-testid="comparison-rows">
          {comparison.rows.map((rows, index) => (
            <li key={index}>{[`${rowsName(index)}: ${rows.dataset}`, rows.target, rows.horizon === null ? "" : t("comparison.horizon", { horizon: rows.horizon }), rows.part].filter(Boolean).join(" · ")}</li>
          ))}
        </ul>
      ) : null}
    </Notice>
  );
}

function ParallelCard({ comparison, columns, brushes, onBrush }: { comparison: Comparison; columns: Columns; brushes: Brushes; onBrush: (brushes: Brushes) => void }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [chosen, setChosen] = useState<readonly string[] | null>(null);
  const [search, setSearch] = useState("");
  const shown = chosen ?? firstAxes(columns);
  const axes = columns.filter(({ id }) => shown.includes(id));
  const names = useMemo(() => comparison.runs.map(({ run }) => run.name), [comparison]);
  const toggle = (id: string) => {
    setChosen(shown.includes(id) ? shown.filter((other) => other !== id) : [...shown, id]);
    if (id in brushes) onBrush(Object.fromEntries(Object.entries(brushes).filter(([other]) => other !== id)));
  };
  const found = columns.filter(({ name }) => name.toLowerCase().includes(search.toLowerCase()));
  return (
    <Card title={t("comparison.parallel")} note={t("comparison.parallelNote")} testId="comparison-parallel">
      <ParallelPlot columns={axes} names={names} brushes={brushes} onBrush={onBrush} label={t("comparison.parallelLabel", { count: names.length })} testId="parallel" />
      <details className={css["axes"]}>
        <summary>{t("comparison.axes", { shown: count(axes.length), all: count(columns.length) })}</summary>
        {columns.length > 20 ? <input type="search" className={css["search"]} aria-label={t("comparison.findAxis")} placeholder={t("comparison.findAxis")} value={search} onChange={(event) => setSearch(event.target.value)} /> : null}
        <ul>
          {found.slice(0, 100).map(({ id, name }) => (
            <li key={id}>
              <label dir="auto" title={name}>
                <input type="checkbox" checked={shown.includes(id)} onChange={() => toggle(id)} /> {name}
              </label>
            </li>
          ))}
        </ul>
      </details>
    </Card>
  );
}

function ScatterCard({ comparison, columns, inside }: { comparison: Comparison; columns: Columns; inside: readonly boolean[] }) {
  const { t } = useTranslation();
  const first = firstAxes(columns);
  const [x, setX] = useState(first[0] ?? "");
  const [y, setY] = useState(columns.findLast(({ id, result }) => result && first.includes(id))?.id ?? first[1] ?? "");
  const [across, up] = [columns.find(({ id }) => id === x), columns.find(({ id }) => id === y)];
  const names = useMemo(() => comparison.runs.map(({ run }) => run.name), [comparison]);
  if (!across || !up) return null;
  return (
    <Card title={t("comparison.scatter")} note={t("comparison.scatterNote")} testId="comparison-scatter">
      <div className={css["choices"]}>
        {([[x, setX, "scatter.x"], [y, setY, "scatter.y"]] as const).map(([chosen, choose, label]) => (
          <label key={label}>
            {t(label)}{" "}
            <select value={chosen} onChange={(event) => choose(event.target.value)}>
              {columns.map(({ id, name }) => <option key={id} value={id}>{name}</option>)}
            </select>
          </label>
        ))}
      </div>
      <ScatterPlot x={across} y={up} names={names} inside={inside} testId="comparison-points" />
    </Card>
  );
}
