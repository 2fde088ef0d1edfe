import { useQuery } from "@tanstack/react-query";
import { scaleLinear } from "d3-scale";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { StudyDetail, Trial } from "../../api/types";
import { markPath } from "../../charts/colors";
import { Axis, shortened } from "../../charts/parts/Axis";
import { ReadableChart } from "../../charts/parts/ReadableChart";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { Empty, ErrorNotice, Loading } from "../../ui/Notice";
import { importanceQuery } from "../api";
import { bestBaseline, directionOf, history, shownSpan } from "../history";
import { Choice } from "../../ui/forms/Choice";
import css from "./Page.module.css";

/** How the best value developed, and which fields matter. */
export function OverviewTab({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const [index, setIndex] = useState(0);
  return (
    <>
      {study.objectives.length > 1 ? <ObjectiveChoice study={study} index={index} onChange={setIndex} /> : null}
      <HistoryCard study={study} trials={trials} index={index} />
      <ImportanceCard study={study} index={index} />
    </>
  );
}

export function ObjectiveChoice({ study, index, onChange }: { study: StudyDetail; index: number; onChange: (index: number) => void }) {
  const { t } = useTranslation();
  return (
    <div className={css["choices"]}>
      <Choice label={t("studies.objective")} value={String(index)} onChange={(value) => onChange(Number(value))} options={study.objectives.map(({ metric }, at) => ({ value: String(at), label: metric }))} testId="objective-choice" />
    </div>
  );
}

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [72, 16, 24, 44, 300];

function HistoryCard({ study, trials, index }: { study: StudyDetail; trials: readonly Trial[]; index: number }) {
  const { t } = useTranslation();
  const { count, number } = useFormats();
  const direction = directionOf(study, index);
  const steps = useMemo(() => history(trials, direction, index), [trials, direction, index]);
  const baseline = bestBaseline(study, index);
  const metric = study.objectives[index]?.metric ?? "";
  const best = steps.at(-1)?.best;
  const span = steps.length === 0 ? ([0, 1] as const) : shownSpan(steps.map((step) => step.score), direction, baseline ? [baseline.score] : []);
  const last = Math.max(1, trials.at(-1)?.number ?? 1);
  const isOutside = (score: number) => score < span[0] || score > span[1];
  const outside = steps.filter(({ score }) => isOutside(score)).length;
  const scales = (width: number) => ({ x: scaleLinear([0, last], [LEFT + 8, width - RIGHT - 8]), y: scaleLinear([span[0], span[1]], [HEIGHT - BOTTOM, TOP + 8]).clamp(true) });
  const spots = (width: number) => {
    const { x, y } = scales(width);
    return steps.map((step, key) => ({ key, x: x(step.number), y: y(step.score) }));
  };
  return (
    <Card title={t("studies.history")} note={t(`studies.better.${direction}`, { metric })} testId="study-history">
      <ReadableChart
        label={t("studies.historyLabel", { count: steps.length, metric, best: number(best), baseline: number(baseline?.score) })}
        height={HEIGHT}
        testId="history-chart"
        empty={steps.length === 0 ? t("studies.noScores") : null}
        spots={spots}
        read={(key) => {
          const step = steps[key];
          return { title: t("studies.trialOf", { trial: step?.number }), rows: [{ name: metric, value: number(step?.score) }, { name: t("studies.bestUntil"), value: number(step?.best) }] };
        }}
        legend={
          steps.length === 0 ? null : (
            <ul className={css["legend"]}>
              <li>
                <svg width={12} height={12} aria-hidden="true"><circle className={css["dot"]} cx={6} cy={6} r={4} /></svg> {t("studies.oneTrial")}
              </li>
              <li className={css["strong"]}>
                <svg width={24} height={12} aria-hidden="true"><line className={css["line"]} x1={1} x2={23} y1={6} y2={6} /></svg> {t("studies.bestSoFar", { score: number(best) })}
              </li>
              <li>
                {baseline ? (
                  <>
                    <svg width={24} height={12} aria-hidden="true"><line className={css["base"]} x1={1} x2={23} y1={6} y2={6} /></svg> {t("studies.baselineTold", { name: baseline.name, score: number(baseline.score) })}
                  </>
                ) : t("studies.baselineUnknown")}
              </li>
              {outside > 0 ? <li>{t("studies.outside", { count: outside, shown: count(outside) })}</li> : null}
            </ul>
          )
        }
      >
        {(width, at) => {
          const { x, y } = scales(width);
          const path = steps.map((step, place) => (place === 0 ? `M${x(step.number)} ${y(step.best)}` : `H${x(step.number)}V${y(step.best)}`)).join("");
          return (
            <>
              <g transform={`translate(0,${HEIGHT - BOTTOM})`}>
                <Axis scale={x} side="bottom" label={t("studies.trial")} ticks={Math.min(last, Math.max(2, Math.floor(width / 90)))} format={((value: number) => (Number.isInteger(value) ? count(value) : ""))} />
              </g>
              <g transform={`translate(${LEFT},0)`}>
                <Axis scale={y} side="left" grid={width - LEFT - RIGHT} ticks={5} />
                <text className={css["name"]} x={8 - LEFT} y={12}>{shortened(metric, Math.floor(width / 9))}</text>
              </g>
              {baseline ? <line className={css["base"]} x1={LEFT} x2={width - RIGHT} y1={y(baseline.score)} y2={y(baseline.score)} data-testid="baseline-line" /> : null}
              {spots(width).map((spot) => {
                const out = isOutside(steps[spot.key]?.score ?? 0);
                const mark = !out ? "circle" : (steps[spot.key]?.score ?? 0) > span[1] ? "triangle" : "triangle-down";
                return <path key={spot.key} className={css["dot"]} data-outside={out} d={markPath(mark, at === spot.key ? 6 : 3.5)} transform={`translate(${spot.x},${spot.y})`} />;
              })}
              <path className={css["line"]} d={`${path}H${x(last)}`} />
            </>
          );
        }}
      </ReadableChart>
    </Card>
  );
}

function ImportanceCard({ study, index }: { study: StudyDetail; index: number }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const found = useQuery(importanceQuery(study.id, study.trials["complete"] ?? 0));
  const shares = found.data?.objectives[index];
  return (
    <Card title={t("studies.importance")} note={t("studies.importanceNote", { metric: study.objectives[index]?.metric })} testId="study-importance">
      {found.error ? <ErrorNotice error={found.error} /> : null}
      {shares ? (
        <dl className={css["bars"]} data-testid="importance">
          {Object.entries(shares)
            .sort(([, a], [, b]) => b - a)
            .map(([name, share]) => (
              <div key={name} className={css["barLine"]}>
                <dt dir="auto" title={name}>{name}</dt>
                <dd aria-hidden="true">
                  <div className={css["bar"]} style={{ inlineSize: `${Math.max(1, share * 100)}%` }} />
                </dd>
                <dd>{percent(share)}</dd>
              </div>
            ))}
        </dl>
      ) : found.isLoading ? (
        <Loading />
      ) : found.error ? null : (
        <Empty title={t("studies.tooFew")} />
      )}
    </Card>
  );
}
