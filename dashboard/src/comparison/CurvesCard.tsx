import { useQueries } from "@tanstack/react-query";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { CurvePlot } from "../charts/lazy";
import { colorOf, dashOf } from "../charts/colors";
import type { PlotShape } from "../charts/options";
import type { PlotData } from "../charts/Plot";
import type { Curve } from "../runs/curves/curves";
import { Card } from "../ui/Card";
import { Loading } from "../ui/Notice";
import { curveQuery, type Comparison } from "./api";
import { bandOf, gridOf } from "./bands";
import css from "./Comparison.module.css";

const Plot = lazy(async () => ({ default: (await import("../charts/Plot")).Plot }));

const MOST_GROUPS = 12;

/** One logged metric of all matching runs: as a line per run, or as mean and range of groups with the same setting. */
export function CurvesCard({ comparison, inside }: { comparison: Comparison; inside: readonly boolean[] }) {
  const { t } = useTranslation();
  const series = useMemo(() => [...new Set(comparison.runs.flatMap((each) => each.metric_series))], [comparison]);
  const [chosen, choose] = useState(series[0] ?? "");
  const [by, setBy] = useState("");
  const [logarithmic, setLogarithmic] = useState(false);
  const having = comparison.runs.map((each, place) => ({ ...each, place })).filter(({ metric_series, place }) => metric_series.includes(chosen) && (inside[place] ?? true));
  const answers = useQueries({ queries: having.map(({ run }) => curveQuery(run.id, chosen)) });
  const settings = comparison.config.filter((row) => { const values = new Set(row.values.map((value) => JSON.stringify(value))); return values.size <= MOST_GROUPS; });
  const setting = settings.find(({ name }) => name === by);
  if (series.length === 0) return null;
  const curves: Record<string, Curve> = {};
  having.forEach(({ run }, index) => {
    const found = answers[index]?.data?.series[0];
    if (found) curves[run.id] = { steps: found.steps, values: found.values };
  });
  const label = t("comparison.curvesLabel", { name: chosen, count: having.length });
  return (
    <Card title={t("comparison.curves")} note={setting ? t("comparison.bandNote") : undefined} testId="comparison-curves">
      <div className={css["choices"]}>
        <label>
          {t("comparison.curve")}{" "}
          <select value={chosen} onChange={(event) => choose(event.target.value)}>
            {series.map((name) => <option key={name}>{name}</option>)}
          </select>
        </label>
        <label>
          {t("comparison.groupBy")}{" "}
          <select value={by} onChange={(event) => setBy(event.target.value)} data-testid="curves-by">
            <option value="">{t("comparison.noGroups")}</option>
            {settings.map(({ name }) => <option key={name}>{name}</option>)}
          </select>
        </label>
        <label>
          <input type="checkbox" checked={logarithmic} onChange={(event) => setLogarithmic(event.target.checked)} /> {t("curves.log")}
        </label>
      </div>
      {having.length === 0 ? <p>{t("comparison.noCurve")}</p> : (
        <Suspense fallback={<Loading />}>
          {setting ? (
            <GroupPlot groups={groupsBy(having, setting.values, curves)} logarithmic={logarithmic} label={label} name={setting.name} />
          ) : (
            <CurvePlot key={String(logarithmic)} curves={curves} names={having.map(({ run }) => ({ name: run.id, label: `${run.name} (${run.id.slice(0, 6)})` }))} logarithmic={logarithmic} label={label} testId="comparison-chart" />
          )}
        </Suspense>
      )}
    </Card>
  );
}

interface CurveGroup {
  value: string;
  curves: Curve[];
}

function groupsBy(having: readonly (Comparison["runs"][number] & { place: number })[], values: readonly unknown[], curves: Readonly<Record<string, Curve>>): CurveGroup[] {
  const groups = new Map<string, Curve[]>();
  for (const { run, place } of having) {
    const value = values[place];
    const key = value === null || value === undefined ? "–" : typeof value === "string" ? value : JSON.stringify(value);
    const curve = curves[run.id];
    if (curve) groups.set(key, [...(groups.get(key) ?? []), curve]);
  }
  return [...groups].map(([value, found]) => ({ value, curves: found })).sort((a, b) => a.value.localeCompare(b.value, undefined, { numeric: true }));
}

function GroupPlot({ groups, logarithmic, label, name }: { groups: readonly CurveGroup[]; logarithmic: boolean; label: string; name: string }) {
  const { t } = useTranslation();
  const grid = gridOf(groups.flatMap(({ curves }) => curves));
  const bands = groups.map(({ curves }) => bandOf(curves, grid));
  const shape: PlotShape = {
    x: "step",
    xLabel: t("charts.step"),
    height: 280,
    logarithmic,
    lines: groups.flatMap(({ value, curves }, index) => {
      const color = colorOf(index);
      return [
        { label: t("comparison.mean", { name, value, count: curves.length }), color, dash: dashOf(index) },
        { label: "", color, edge: "high" as const, filled: true },
        { label: "", color, edge: "low" as const, filled: true },
      ];
    }),
  };
  const data: PlotData = [grid, ...bands.flatMap(({ mean, high, low }) => [mean, high, low])];
  return <Plot key={String(logarithmic)} shape={shape} data={data} label={label} testId="comparison-bands" />;
}
