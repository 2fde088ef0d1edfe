import { useQuery } from "@tanstack/react-query";
import { startTransition, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { StudyDetail, Trial } from "../../api/types";
import { axisOf, matching } from "../../charts/parallel/columns";
import { ParallelPlot, type Brushes } from "../../charts/parallel/ParallelPlot";
import { ScatterPlot } from "../../charts/ScatterPlot";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Notice";
import { importanceQuery } from "../api";
import { directionOf, shownSpan } from "../history";
import { trialColumns } from "./columns";
import { ContourCard } from "./ContourCard";
import { ObjectiveChoice } from "./OverviewTab";
import css from "./Page.module.css";
import { TrialTable } from "./TrialTable";

const SLICES = 6;

/** How the searched fields relate to an objective: parallel coordinates, one slice per field, and a contour of two. */
export function ParametersTab({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [index, setIndex] = useState(0);
  const [brushes, setBrushes] = useState<Brushes>({});
  const [filter, setFilter] = useState<Brushes>({}); // the plot redraws at once, the table when there is time
  const [whole, setWhole] = useState(false);
  const direction = directionOf(study, index);
  const all = useMemo(() => trials.filter(({ scores }) => scores !== null), [trials]);
  const near = useMemo(() => {
    const [low, high] = shownSpan(all.map(({ scores }) => scores?.[index] ?? NaN).filter(Number.isFinite), direction);
    return all.filter(({ scores }) => (scores?.[index] ?? NaN) >= low && (scores?.[index] ?? NaN) <= high);
  }, [all, index, direction]);
  const scored = whole ? all : near;
  const outside = all.length - near.length;
  const columns = useMemo(() => trialColumns(study, scored), [study, scored]);
  const names = useMemo(() => scored.map(({ number }) => t("studies.trialOf", { trial: number })), [scored, t]);
  const inside = useMemo(() => matching(columns.filter(({ id }) => id in filter).map((column) => axisOf(column)), filter, scored.length), [columns, filter, scored]);
  if (all.length === 0) {
    return (
      <Card title={t("studies.parallelTrials")}>
        <Empty title={t("studies.noScores")} />
      </Card>
    );
  }
  const fields = columns.filter(({ result }) => !result);
  const score = columns.filter(({ result }) => result)[index];
  return (
    <>
      <Card title={t("studies.parallelTrials")} note={t("studies.parallelTrialsNote")} testId="study-parallel">
        {outside > 0 ? (
          <div className={css["choices"]}>
            <label className={css["choice"]}>
              <input type="checkbox" checked={whole} data-testid="include-outside" onChange={(event) => { setWhole(event.target.checked); setBrushes({}); setFilter({}); }} /> {t("studies.includeOutside", { count: outside, shown: count(outside) })}
            </label>
          </div>
        ) : null}
        <ParallelPlot columns={columns} names={names} brushes={brushes} onBrush={(next) => { setBrushes(next); startTransition(() => setFilter(next)); }} label={t("studies.parallelLabel", { count: names.length })} testId="parallel" />
        {Object.keys(filter).length > 0 ? (
          <div className={css["matching"]} data-testid="matching-trials">
            <h3>{t("studies.matching")}</h3>
            {inside.includes(true) ? <TrialTable study={study} trials={scored.filter((_, row) => inside[row])} /> : <Empty title={t("studies.noMatch")} />}
          </div>
        ) : null}
      </Card>
      {study.objectives.length > 1 ? <ObjectiveChoice study={study} index={index} onChange={setIndex} /> : null}
      {score ? <SlicesCard study={study} fields={fields} score={score} index={index} names={names} /> : null}
      {score && fields.length > 1 ? <ContourCard fields={fields} score={score} names={names} /> : null}
    </>
  );
}

type Columns = ReturnType<typeof trialColumns>;

function SlicesCard({ study, fields, score, index, names }: { study: StudyDetail; fields: Columns; score: Columns[number]; index: number; names: readonly string[] }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [all, setAll] = useState(false);
  const shares = useQuery(importanceQuery(study.id, study.trials["complete"] ?? 0)).data?.objectives[index] ?? {};
  const ranked = [...fields].sort((a, b) => (shares[b.name] ?? 0) - (shares[a.name] ?? 0));
  const shown = all ? ranked : ranked.slice(0, SLICES);
  return (
    <Card title={t("studies.slices")} note={t("studies.slicesNote", { metric: score.name })} testId="study-slices">
      <div className={css["slices"]}>
        {shown.map((field) => (
          <ScatterPlot key={field.id} x={field} y={score} names={names} height={240} />
        ))}
      </div>
      {ranked.length > shown.length ? (
        <Button small onPress={() => setAll(true)}>
          {t("studies.allSlices", { count: ranked.length, shown: count(ranked.length) })}
        </Button>
      ) : null}
    </Card>
  );
}
