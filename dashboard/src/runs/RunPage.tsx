import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { RunDetail } from "../api/types";
import { ContendersCard } from "../evaluation/ContendersCard";
import { MembersCard } from "../evaluation/MembersCard";
import { VerdictCard } from "../evaluation/VerdictCard";
import { LeadingFigures, OtherFigures } from "../figures/FigureCards";
import { IntervalsCard } from "../forecasting/IntervalsCard";
import { IncumbentCard } from "../forecasting/IncumbentCard";
import { LevelsCard } from "../forecasting/LevelsCard";
import { SeriesCard } from "../forecasting/SeriesCard";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { usePaths } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { PageHead } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { ErrorNotice, Loading, Notice } from "../ui/Notice";
import { evaluationQuery } from "./api";
import { ArtifactsCard } from "./ArtifactsCard";
import { AttemptsCard } from "./AttemptsCard";
import { isOfMachine } from "./curves/curves";
import { CurvesCard } from "./curves/CurvesCard";
import { SystemCard } from "./curves/SystemCard";
import { DetailsCard } from "./DetailsCard";
import { FailureCard } from "./FailureCard";
import { hasEnded } from "./live";
import { NeedsCard } from "./NeedsCard";
import { ProgressCard } from "./ProgressCard";
import { ReportCard } from "./report/ReportCard";
import { ResultCard } from "./ResultCard";
import { RunActions } from "./RunActions";
import css from "./RunPage.module.css";
import { StateBadge } from "./StateBadge";
import { useLiveRun } from "./useLiveRun";

/** The page of a run: live while it executes, complete when it has ended. */
export default function RunPage({ id: address }: { id: string }) {
  const { t } = useTranslation();
  const { live, status, error } = useLiveRun(address);
  const id = live?.run.id ?? address;
  const learns = live?.run.kind === "train";
  const done = live?.run.state === "succeeded";
  const evaluation = useQuery(evaluationQuery(id, learns && done));
  useTitle(live?.run.name ?? t("run.title"));

  if (live === null) return error ? <ErrorNotice error={error} /> : <Loading />;
  const { run, curves } = live;
  const judged = evaluation.data?.evaluation ?? null;
  const hasCurves = Object.keys(curves).some((name) => !isOfMachine(name)); // a pipeline without steps records none
  const verdict = (evaluation.data?.verdict ?? null);

  return (
    <div className={css["page"]}>
      <PageHead
        title={
          <span className={css["title"]}>
            {run.name} <StateBadge state={run.state} stopping={run.cancel_requested} testId="run-state" />
          </span>
        }
        note={<RunLine run={run} task={judged?.kind ?? null} />}
      >
        <RunActions run={run} />
      </PageHead>
      {run.deleted_at ? <InTrash at={run.deleted_at} by={run.deleted_by} place={placeOf.run(run.id)} /> : null}
      {status === "refused" ? <Notice tone="ember">{t("run.notLive")}</Notice> : null}
      {run.error && run.state !== "running" && run.state !== "queued" ? <FailureCard error={run.error} state={run.state} /> : null}
      {hasEnded(run.state) ? null : <ProgressCard run={run} status={status} />}
      {learns ? (
        <>
          {hasEnded(run.state) && !hasCurves ? (
            <VerdictCard run={run} verdict={verdict} evaluation={judged} loading={evaluation.isLoading} error={evaluation.error} />
          ) : (
            <div className={css["pair"]}>
              <CurvesCard run={run} curves={curves} />
              <VerdictCard run={run} verdict={verdict} evaluation={judged} loading={evaluation.isLoading} error={evaluation.error} />
            </div>
          )}
          <LeadingFigures run={run} evaluation={judged} />
          {judged ? <ContendersCard evaluation={judged} runId={run.id} /> : null}
          {judged ? <MembersCard evaluation={judged} /> : null}
          {judged ? <IntervalsCard evaluation={judged} /> : null}
          {judged ? <IncumbentCard evaluation={judged} /> : null}
          {judged ? <LevelsCard evaluation={judged} /> : null}
          {judged ? <SeriesCard evaluation={judged} /> : null}
          <OtherFigures run={run} evaluation={judged} />
        </>
      ) : (
        <>
          {hasCurves ? <CurvesCard run={run} curves={curves} /> : null}
          <ResultCard run={run} />
        </>
      )}
      {hasEnded(run.state) ? <ReportCard run={run} /> : null}
      <NeedsCard run={run} />
      <DetailsCard run={run} />
      <AttemptsCard attempts={run.attempts} />
      <SystemCard curves={curves} name={run.name} />
      <ArtifactsCard run={run} />
    </div>
  );
}

/** Line below the name: plugin, dataset and start time; `task` is the task kind of the evaluation. */
function RunLine({ run, task }: { run: RunDetail; task: string | null }) {
  const { t, i18n } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const plugins = useQuery({ ...pluginsQuery, enabled: task !== null }).data;
  const kind = plugins?.find((plugin) => plugin.kind === "task_kind" && plugin.name === task);
  return (
    <p className={css["facts"]}>
      {task === null ? null : <span data-testid="task-kind">{inLanguage(kind?.title ?? {}, i18n.language) || task}</span>}
      <span>{run.plugin ?? t(`kinds.${run.kind}`, { defaultValue: run.kind })}</span>
      {run.dataset_name ? (
        <span>
          <Link href={paths.dataset(run.dataset_name)}>{run.dataset_name}</Link> v{run.dataset_version}
        </span>
      ) : null}
      {run.model ? (
        <span>
          {t("run.model")} <Link href={paths.model(run.model)}>{run.model}</Link>
        </span>
      ) : null}
      {run.study ? (
        <span>
          {t(run.kind === "trial" ? "run.trialOf" : "run.winnerOf", { trial: run.study.trial })} <Link href={paths.study(run.study.id)}>{run.study.name}</Link>
        </span>
      ) : null}
      <span>{moment(run.created_at)}</span>
      <span>
        <Hash value={run.id} length={16} />
      </span>
    </p>
  );
}
