import { useQuery } from "@tanstack/react-query";
import { Suspense, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { RunDetail } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { usePaths } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { InTrash } from "../projects/trash/InTrash";
import { lazily } from "../routing/lazily";
import { useLoaded } from "../routing/useLoaded";
import { Hash } from "../ui/Facts";
import { Loading, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { PageProblem } from "../ui/PageProblem";
import { Tabs } from "../ui/Tabs";
import { evaluationQuery } from "./api";
import { hasEnded } from "./live";
import { Tags } from "./page/labels/Tags";
import { OverviewTab } from "./page/OverviewTab";
import { Scores } from "./page/Scores";
import { ProgressCard } from "./ProgressCard";
import { RunActions } from "./RunActions";
import css from "./RunPage.module.css";
import { StateBadge } from "./StateBadge";
import { useLiveRun } from "./useLiveRun";

// The overview is what people come for; the other tabs load after it.
const ConfigTab = lazily(async () => ({ default: (await import("./page/ConfigTab")).ConfigTab }));
const CurvesTab = lazily(async () => ({ default: (await import("./page/curves/CurvesTab")).CurvesTab }));
const EvaluationTab = lazily(async () => ({ default: (await import("./page/EvaluationTab")).EvaluationTab }));
const FilesTab = lazily(async () => ({ default: (await import("./page/files/FilesTab")).FilesTab }));
const LogsTab = lazily(async () => ({ default: (await import("./page/logs/LogsTab")).LogsTab }));
const SystemTab = lazily(async () => ({ default: (await import("./page/SystemTab")).SystemTab }));
const ReportCard = lazily(async () => ({ default: (await import("./report/ReportCard")).ReportCard }));
const TABS = [ConfigTab, CurvesTab, EvaluationTab, FilesTab, LogsTab, SystemTab, ReportCard];

/** The page of a run: live while it executes, complete when it has ended. */
export default function RunPage({ id: address }: { id: string }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const { live, status, error } = useLiveRun(address);
  const id = live?.run.id ?? address;
  const learns = live?.run.kind === "train";
  const done = live?.run.state === "succeeded";
  const evaluation = useQuery(evaluationQuery(id, learns && done));
  const list = { name: t("runs.title"), to: paths.runs };
  useLoaded(live !== null, TABS);

  if (live === null) return <PageProblem title={t("run.title")} list={list} error={error} />;
  const { run, curves } = live;
  const judged = evaluation.data?.evaluation ?? null;
  const verdict = evaluation.data?.verdict ?? null;
  const files = run.artifacts.length;

  return (
    <Page
      tabTitle={run.name}
      crumbs={[list]}
      title={
        <span className={css["title"]}>
          {run.name} <StateBadge state={run.state} stopping={run.cancel_requested} testId="run-state" />
        </span>
      }
      note={
        <>
          <RunLine run={run} task={judged?.kind ?? null} />
          <Tags tags={run.tags} />
        </>
      }
      actions={<RunActions run={run} />}
    >
      {run.deleted_at ? <InTrash at={run.deleted_at} by={run.deleted_by} place={placeOf.run(run.id)} /> : null}
      {status === "refused" ? <Notice tone="ember">{t("run.notLive")}</Notice> : null}
      {hasEnded(run.state) ? null : <ProgressCard run={run} status={status} />}
      {judged ? <Scores evaluation={judged} runId={run.id} /> : null}
      <Tabs
        label={t("runPage.tabs")}
        testId="run-tabs"
        tabs={[
          {
            id: "overview",
            title: t("runPage.overview"),
            content: () => stack(<OverviewTab run={run} curves={curves} evaluation={judged} verdict={verdict} loading={evaluation.isLoading} error={evaluation.error} />),
          },
          { id: "curves", title: t("runPage.curves"), content: () => later(<CurvesTab run={run} curves={curves} />) },
          { id: "evaluation", title: t("runPage.evaluation"), content: () => stack(<EvaluationTab run={run} evaluation={judged} />) },
          { id: "config", title: t("runPage.config"), content: () => stack(<ConfigTab run={run} />) },
          { id: "logs", title: t("runPage.logs"), content: () => later(<LogsTab run={run} />) },
          { id: "files", title: t("runPage.files"), content: () => later(<FilesTab run={run} />), count: files > 0 ? count(files) : null },
          { id: "system", title: t("runPage.system"), content: () => stack(<SystemTab run={run} curves={curves} />) },
          { id: "report", title: t("runPage.report"), content: () => later(<ReportCard run={run} />) },
        ]}
      />
    </Page>
  );
}

const later = (content: ReactNode) => <Suspense fallback={<Loading />}>{content}</Suspense>;
const stack = (cards: ReactNode) => <div className={css["page"]}>{later(cards)}</div>;

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
