import { useQueries, useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearch } from "wouter";

import { useMetrics } from "../evaluation/metrics";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { taskKindsQuery } from "../plugins/api";
import { anyMetric } from "../plugins/taskKinds";
import { usePaths } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import type { Curves } from "../runs/curves/curves";
import { Card, PageHead } from "../ui/Card";
import { Empty, ErrorNotice, Loading, Notice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { axesOf, comparisonQuery, curveQuery, pairQuery, type Comparison } from "./api";
import css from "./Comparison.module.css";
import { ParallelPlot } from "./ParallelPlot";

const CurvePlot = lazy(() => import("../charts/CurvePlot"));

/** Any runs side by side: `?runs=a,b,c`. */
export default function ComparisonPage() {
  const { t } = useTranslation();
  const ids = (new URLSearchParams(useSearch()).get("runs") ?? "").split(",").filter((id) => id !== "");
  const comparison = useQuery(comparisonQuery(ids));
  useTitle(t("comparison.title"));
  if (ids.length < 2) return <Empty title={t("comparison.few")}>{t("comparison.fewNext")}</Empty>;
  if (comparison.error) return <ErrorNotice error={comparison.error} />;
  if (!comparison.data) return <Loading />;
  const found = comparison.data;
  return (
    <div className={css["page"]}>
      <PageHead title={t("comparison.title")} note={t("comparison.note")} />
      <MetricsCard comparison={found} />
      <PairCard comparison={found} />
      <ConfigCard comparison={found} />
      <Card title={t("comparison.parallel")} note={t(found.metrics.some((row) => row.unit === null) ? "comparison.parallelUnits" : "comparison.parallelNote")}>
        <ParallelPlot axes={axesOf(found)} names={found.runs.map(({ run }) => run.name)} />
      </Card>
      <CurvesCard comparison={found} />
    </div>
  );
}

function Heads({ comparison }: { comparison: Comparison }) {
  const paths = usePaths();
  return comparison.runs.map(({ run }) => (
    <th key={run.id} scope="col" className={tableCss["number"]}>
      <Link href={paths.run(run.id)}>{run.name}</Link>
    </th>
  ));
}

function MetricsCard({ comparison }: { comparison: Comparison }) {
  const { t, i18n } = useTranslation();
  const { number } = useFormats();
  const { title } = useMetrics();
  const kinds = useQuery(taskKindsQuery).data;
  const titled = (name: string) => {
    const metric = anyMetric(kinds, name);
    return metric ? title(metric) : name;
  };
  return (
    <Card title={t("comparison.metrics")} note={t(comparison.same_rows ? "comparison.marked" : "comparison.unmarked")} testId="comparison-metrics">
      {comparison.why_not.map((said, index) => (
        <Notice key={index} tone="ember">
          {inLanguage(said.text, i18n.language)}
        </Notice>
      ))}
      <Table caption={t("comparison.metrics")}>
        <thead>
          <tr>
            <th scope="col">{t("comparison.metric")}</th>
            <Heads comparison={comparison} />
          </tr>
        </thead>
        <tbody>
          {comparison.metrics.map((row) => (
            <tr key={row.metric}>
              <th scope="row">
                {titled(row.metric)}
                {row.unit ? ` (${row.unit})` : ""}
              </th>
              {row.values.map((value, place) => (
                <td key={place} className={`${tableCss["number"]} ${row.best.includes(place) ? tableCss["best"] : ""}`}>
                  {row.best.includes(place) ? <Mark sign="▲" text={t("comparison.best")} /> : null}
                  {row.worst.includes(place) ? <Mark sign="▼" text={t("comparison.worst")} /> : null}
                  {number(value)}
                  {row.unit === null && value !== null ? ` ${comparison.runs[place]?.unit ?? ""}` : null}
                  {row.alongside[place] === null || value === null ? null : <span className={tableCss["soft"]}> ({number(row.alongside[place] ?? null)})</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
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

function ConfigCard({ comparison }: { comparison: Comparison }) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const shown = (value: unknown): string => {
    if (value === null || value === undefined) return "–";
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
    if (typeof value === "number") return input(value);
    if (Array.isArray(value)) return value.length === 0 ? "–" : value.map(shown).join("; ");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  if (comparison.config.length === 0) return <Card title={t("comparison.config")}>{t("comparison.sameConfig")}</Card>;
  return (
    <Card title={t("comparison.config")} note={t("comparison.configNote")} testId="comparison-config">
      <Table caption={t("comparison.config")}>
        <thead>
          <tr>
            <th scope="col">{t("comparison.setting")}</th>
            <Heads comparison={comparison} />
          </tr>
        </thead>
        <tbody>
          {comparison.config.map((row) => (
            <tr key={row.name}>
              <th scope="row">{row.name}</th>
              {row.values.map((value, place) => (
                <td key={place} className={tableCss["number"]}>{shown(value)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function PairCard({ comparison }: { comparison: Comparison }) {
  const { t, i18n } = useTranslation();
  const { count, percent } = useFormats();
  const judged = comparison.runs.filter((each) => each.contender !== null).map(({ run }) => run);
  const [a, setA] = useState(judged[0]?.id ?? "");
  const [b, setB] = useState(judged[1]?.id ?? "");
  const pair = useQuery(pairQuery(a, b));
  if (judged.length < 2) return null;
  const name = (id: string) => judged.find((run) => run.id === id)?.name ?? id;
  const found = pair.data;
  const told = found?.shown[i18n.language.slice(0, 2)];
  return (
    <Card title={t("comparison.pair")} note={t("comparison.pairNote")} testId="comparison-pair">
      <div className={css["choices"]}>
        {([[a, setA, "comparison.first"], [b, setB, "comparison.second"]] as const).map(([chosen, choose, label]) => (
          <label key={label}>
            {t(label)}{" "}
            <select value={chosen} onChange={(event) => choose(event.target.value)}>
              {judged.map((run) => (
                <option key={run.id} value={run.id}>
                  {run.name} ({run.id.slice(0, 6)})
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {pair.error ? <ErrorNotice error={pair.error} /> : null}
      {pair.isLoading ? <Loading /> : null}
      {found && !found.comparable ? found.why_not.map((said) => <Notice key={said.code} tone="ember">{inLanguage(said.text, i18n.language)}</Notice>) : null}
      {found?.verdict ? (
        <p>
          {t(`comparison.${found.verdict}`, { a: name(a), b: name(b) })}{" "}
          {t("comparison.interval", {
            metric: told?.["measure"] ?? "",
            difference: told?.["change"] ?? "",
            low: told?.["low"] ?? "",
            high: told?.["high"] ?? "",
            level: percent(found.level),
            origins: count(found.origins ?? 0),
          })}
        </p>
      ) : null}
    </Card>
  );
}

function CurvesCard({ comparison }: { comparison: Comparison }) {
  const { t } = useTranslation();
  const series = useMemo(() => [...new Set(comparison.runs.flatMap((each) => each.metric_series))], [comparison]);
  const [chosen, choose] = useState(series[0] ?? "");
  const having = comparison.runs.filter((each) => each.metric_series.includes(chosen));
  const answers = useQueries({ queries: having.map(({ run }) => curveQuery(run.id, chosen)) });
  const curves: Record<string, Curves[string]> = {};
  having.forEach(({ run }, index) => {
    const found = answers[index]?.data?.series[0];
    if (found) curves[run.id] = { steps: found.steps, values: found.values };
  });
  if (series.length === 0) return null;
  return (
    <Card
      title={t("comparison.curves")}
      testId="comparison-curves"
      actions={
        <label className={css["choose"]}>
          {t("comparison.curve")}{" "}
          <select value={chosen} onChange={(event) => choose(event.target.value)}>
            {series.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      }
    >
      <Suspense fallback={<Loading />}>
        <CurvePlot
          curves={curves}
          names={having.map(({ run }) => ({ name: run.id, label: `${run.name} (${run.id.slice(0, 6)})` }))}
          logarithmic={false}
          label={t("comparison.curvesLabel", { name: chosen, count: having.length })}
          testId="comparison-chart"
        />
      </Suspense>
    </Card>
  );
}
