import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { StudyDetail } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { winnerQuery } from "../api";
import { bestBaseline, better, directionOf } from "../history";

/** First sentence of a study: whether its best trial beats the baseline, and what became of the retrained winner. */
export function OutcomeNotice({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const complete = study.trials["complete"] ?? 0;
  return (
    <Notice tone="info">
      <div data-testid="study-outcome">
        <TrialSentence study={study} />{" "}
        {study.front.length > 0 ? `${t("studies.outcome.front", { count: study.front.length, shown: count(study.front.length), objectives: study.objectives.map(({ metric }) => metric).join(", ") })} ` : null}
        {study.retrain_run_id ? <Winner study={study} runId={study.retrain_run_id} /> : <NoWinner study={study} />}{" "}
        {complete > 1 && !study.retrain_run_id ? t("studies.outcome.caveat", { count: complete, shown: count(complete) }) : null}
      </div>
    </Notice>
  );
}

function TrialSentence({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { number, percent } = useFormats();
  const score = study.best?.scores?.[0];
  const metric = study.objectives[0]?.metric ?? "";
  const goesOn = study.state === "running" || study.state === "paused" || (study.trials["running"] ?? 0) > 0;
  if (study.best === null || score === undefined) return t(goesOn ? "studies.outcome.none" : "studies.outcome.allFailed");
  const baseline = bestBaseline(study);
  const values = { trial: study.best.number, metric, score: number(score) };
  if (baseline === null) return t("studies.outcome.noBaseline", values);
  const difference = baseline.score === 0 ? null : percent(Math.abs(score - baseline.score) / Math.abs(baseline.score), 1);
  const all = { ...values, baseline: baseline.name, other: number(baseline.score) };
  if (score === baseline.score) return t("studies.outcome.equals", all);
  const beats = better(score, baseline.score, directionOf(study));
  const share = difference === null ? "" : ` (${t(beats ? "studies.outcome.better" : "studies.outcome.worse", { share: difference })})`;
  return t(beats ? "studies.outcome.beats" : "studies.outcome.loses", { ...all, share });
}

/** What became of the retrained trial: its run, the gate's verdict and the model version. */
function Winner({ study, runId }: { study: StudyDetail; runId: string }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const retrained = useQuery(winnerQuery(runId));
  const run = retrained.data;
  if (retrained.error) return <ErrorNotice error={retrained.error} />;
  if (run === undefined) return null;
  const trial = study.winner ?? "–";
  const summary = run.summary?.kind === "train" ? run.summary : null;
  const sentence =
    run.state === "succeeded" && summary
      ? t("studies.outcome.retrained", { trial, decision: t(`decisions.${summary.headline}`, { approved: summary.approved ?? "–" }), count: study.counted_trials, shown: count(study.counted_trials) })
      : run.state === "queued" || run.state === "running"
        ? t("studies.outcome.retraining", { trial })
        : t("studies.outcome.retrainFailed", { trial, reason: run.error?.message ?? t(`states.${run.state}`) });
  return (
    <>
      <span data-testid="winner-verdict">{sentence}</span> <Link href={paths.run(runId)}>{t("studies.winnerRun")}</Link>
      {summary?.version ? (
        <>
          {" · "}
          <Link href={paths.model(summary.model)}>{`${summary.model} v${summary.version}`}</Link>
        </>
      ) : null}
    </>
  );
}

function NoWinner({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  if (study.objectives.length > 1) return t("studies.outcome.chooseOne");
  if (study.state === "running" || study.state === "paused") return t(study.retrain ? "studies.outcome.willRetrain" : "studies.outcome.wontRetrain");
  return study.best === null ? null : t("studies.outcome.notRetrained");
}
