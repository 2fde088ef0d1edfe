import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { SearchRange, StudyDetail, Trial } from "../api/types";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { Card, PageHead } from "../ui/Card";
import { Facts } from "../ui/Facts";
import { Empty, ErrorNotice, Loading, Notice } from "../ui/Notice";
import { importanceQuery, studyQuery, trialsQuery } from "./api";
import { bestBaseline, directionOf, history, shownSpan, spanOf } from "./history";
import { Scatter } from "./Scatter";
import css from "./Studies.module.css";
import { StudyActions } from "./StudyActions";
import { StudyState } from "./StudyState";
import { TrialTable } from "./TrialTable";

export default function StudyPage({ id }: { id: string }) {
  const study = useQuery(studyQuery(id));
  const moving = study.data !== undefined && (study.data.state === "running" || (study.data.trials["running"] ?? 0) > 0);
  const trials = useQuery(trialsQuery(id, moving));
  useTitle(study.data?.name ?? "");
  const error = study.error ?? trials.error;
  if (error) return <ErrorNotice error={error} />;
  if (study.data === undefined || trials.data === undefined) return <Loading />;
  return <StudyCards study={study.data} trials={trials.data} />;
}

function StudyCards({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [, navigate] = useLocation();
  return (
    <div className={css["page"]} data-testid="study">
      <PageHead title={study.name} note={<StudyState state={study.state} />}>
        <StudyActions study={study} onDeleted={() => navigate(paths.studies, { replace: true })} />
      </PageHead>
      {study.deleted_at ? <InTrash at={study.deleted_at} by={study.deleted_by} place={placeOf.study(study.id)} /> : null}
      {study.error ? (
        <Notice tone="bad">
          <p>{study.error.message}</p>
          {study.error.next_step ? <p className={css["soft"]}>{study.error.next_step}</p> : null}
        </Notice>
      ) : null}
      {study.retrain_run_id ? (
        <Notice tone="info">
          <p>
            {t("studies.winnerTold", { trial: study.winner, count: study.counted_trials })} <Link href={paths.run(study.retrain_run_id)}>{t("studies.winnerRun")}</Link>
          </p>
        </Notice>
      ) : null}
      <HistoryCard study={study} trials={trials} />
      <div className={css["pair"]}>
        {study.objectives.length > 1 ? <FrontCard study={study} trials={trials} /> : null}
        <ImportanceCard study={study} />
        <FactsCard study={study} />
      </div>
      <Card title={t("studies.trials")} note={t("studies.trialsNote")}>
        {trials.length === 0 ? <Empty title={t("studies.noTrials")} /> : <TrialTable study={study} trials={trials} />}
      </Card>
    </div>
  );
}

function HistoryCard({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const direction = directionOf(study);
  const steps = history(trials, direction);
  const baseline = bestBaseline(study);
  const metric = study.objectives[0]?.metric ?? "";
  const best = steps.at(-1)?.best;
  const label = t("studies.historyLabel", { count: steps.length, metric, best: number(best), baseline: number(baseline?.score) });
  return (
    <Card title={t("studies.history")} note={t(`studies.better.${direction}`, { metric })}>
      {steps.length === 0 ? (
        <Empty title={t("studies.noScores")} />
      ) : (
        <>
          <Scatter
            label={label}
            testId="history-chart"
            dots={steps.map((step) => ({ x: step.number, y: step.score, title: t("studies.dot", { trial: step.number, score: number(step.score) }) }))}
            line={steps.map((step) => ({ x: step.number, y: step.best }))}
            across={baseline?.score ?? null}
            x={{ label: t("studies.trial"), span: spanOf([0, ...steps.map((step) => step.number)]) }}
            y={{ label: metric, span: shownSpan(steps.map((step) => step.score), direction, baseline ? [baseline.score] : []) }}
          />
          <p className={css["legend"]}>
            <span className={css["best"]}>{t("studies.bestSoFar", { score: number(best) })}</span>
            <span>{baseline ? t("studies.baselineTold", { name: baseline.name, score: number(baseline.score) }) : t("studies.baselineUnknown")}</span>
          </p>
        </>
      )}
    </Card>
  );
}

function FrontCard({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const [first, second] = study.objectives.map(({ metric }) => metric);
  const points = trials.flatMap(({ number: trial, scores }) => (scores?.[0] !== undefined && scores[1] !== undefined ? [{ trial, x: scores[0], y: scores[1] }] : []));
  return (
    <Card title={t("studies.front")} note={t("studies.frontNote")}>
      {points.length === 0 ? (
        <Empty title={t("studies.noScores")} />
      ) : (
        <Scatter
          label={t("studies.frontLabel", { trials: study.front.join(", ") })}
          testId="front-chart"
          dots={points.map(({ trial, x, y }) => ({ x, y, title: t("studies.dot", { trial, score: `${number(x)}, ${number(y)}` }), ...(study.front.includes(trial) ? { kind: "front" as const } : {}) }))}
          x={{ label: first ?? "", span: spanOf(points.map(({ x }) => x)) }}
          y={{ label: second ?? "", span: spanOf(points.map(({ y }) => y)) }}
        />
      )}
    </Card>
  );
}

function ImportanceCard({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const found = useQuery(importanceQuery(study.id, study.trials["complete"] ?? 0));
  const shares = found.data?.objectives[0];
  return (
    <Card title={t("studies.importance")} note={t("studies.importanceNote", { metric: study.objectives[0]?.metric })}>
      {found.error ? <ErrorNotice error={found.error} /> : null}
      {shares ? (
        <dl className={css["bars"]} data-testid="importance">
          {Object.entries(shares)
            .sort(([, a], [, b]) => b - a)
            .map(([name, share]) => (
              <Share key={name} name={name} share={share} text={percent(share)} />
            ))}
        </dl>
      ) : found.isLoading ? (
        <Loading />
      ) : found.error ? null : (
        <p className={css["soft"]}>{t("studies.tooFew")}</p>
      )}
    </Card>
  );
}

function Share({ name, share, text }: { name: string; share: number; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd aria-hidden="true">
        <div className={css["bar"]} style={{ inlineSize: `${Math.max(1, share * 100)}%` }} />
      </dd>
      <dd>{text}</dd>
    </>
  );
}

function FactsCard({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { count, duration, input, moment } = useFormats();
  const shown = (value: unknown) => (typeof value === "number" ? input(value) : typeof value === "string" ? value : JSON.stringify(value));
  const choicesOf = (choices: readonly unknown[]) => choices.map(shown).join("; ");
  const rangeOf = ({ low, high, step, log }: SearchRange) =>
    [`${shown(low)} – ${shown(high)}`, log === true ? t("curves.log") : "", typeof step === "number" ? t("studies.steps", { step: input(step) }) : ""].filter(Boolean).join(", ");
  const paths = usePaths();
  const limits = [
    t("studies.limitTrials", { count: study.budget.trials ?? 0, shown: count(study.budget.trials) }),
    study.budget.seconds ? duration(study.budget.seconds) : "",
    study.budget.cpu_seconds ? t("studies.limitCpu", { time: duration(study.budget.cpu_seconds) }) : "",
  ];
  return (
    <Card title={t("studies.what")}>
      <Facts
        facts={[
          { name: t("studies.pipeline"), value: study.plugin },
          { name: t("studies.dataset"), value: <Link href={paths.dataset(study.dataset_name)}>{`${study.dataset_name} v${study.dataset_version}`}</Link> },
          { name: t("studies.sampler"), value: t(`studies.samplers.${study.sampler}`) },
          { name: t("studies.pruner"), value: t(`studies.pruners.${study.pruner.name}`) },
          { name: t("studies.objectives"), value: study.objectives.map(({ metric }) => metric).join(", ") },
          { name: t("studies.budget"), value: limits.filter(Boolean).join(" · ") },
          { name: t("studies.parallel"), value: count(study.parallel) },
          { name: t("studies.time"), value: duration(study.seconds) },
          { name: t("studies.cpuTime"), value: duration(study.cpu_seconds) },
          { name: t("details.seed"), value: String(study.seed) },
          { name: t("studies.created"), value: moment(study.created_at) },
          ...Object.entries(study.space).map(([name, field]) => ({ name, value: field.choices ? choicesOf(field.choices) : rangeOf(field), code: true })),
        ]}
      />
    </Card>
  );
}
