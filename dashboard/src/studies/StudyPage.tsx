import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { StudyDetail, Trial } from "../api/types";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { InTrash } from "../projects/trash/InTrash";
import { Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { Tabs } from "../ui/Tabs";
import { studyQuery, trialsQuery } from "./api";
import { ConfigTab } from "./page/ConfigTab";
import { FrontTab } from "./page/FrontTab";
import { OutcomeNotice } from "./page/OutcomeNotice";
import { OverviewTab } from "./page/OverviewTab";
import css from "./page/Page.module.css";
import { ParametersTab } from "./page/ParametersTab";
import { TimelineTab } from "./page/TimelineTab";
import { TrialsTab } from "./page/TrialsTab";
import { ValuesTab } from "./page/ValuesTab";
import { StudyActions } from "./StudyActions";
import { StudyState } from "./StudyState";

/** The page of a study: its outcome in a sentence, then one tab per question. */
export default function StudyPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const study = useQuery(studyQuery(id));
  const trials = useQuery(trialsQuery(id));
  const error = study.error ?? trials.error;
  if (study.data !== undefined && trials.data !== undefined && !isMissing(error)) return <StudyContent study={study.data} trials={trials.data} />;
  return <PageProblem title={study.data?.name ?? t("studies.study")} list={{ name: t("studies.title"), to: paths.studies }} error={error} />;
}

function StudyContent({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const given = { study, trials };
  return (
    <div data-testid="study">
      <Page
        tabTitle={study.name}
        crumbs={[{ name: t("studies.title"), to: paths.studies }]}
        title={
          <span className={css["title"]}>
            <bdi>{study.name}</bdi> <StudyState state={study.state} />
          </span>
        }
        note={<StudyLine study={study} />}
        actions={<StudyActions study={study} onDeleted={() => navigate(paths.studies, { replace: true })} />}
      >
        {study.deleted_at ? <InTrash at={study.deleted_at} by={study.deleted_by} place={placeOf.study(study.id)} /> : null}
        {study.error ? (
          <Notice tone="bad">
            <p>{study.error.message}</p>
            {study.error.next_step ? <p className={css["soft"]}>{study.error.next_step}</p> : null}
          </Notice>
        ) : null}
        <OutcomeNotice study={study} />
        <Tabs
          label={t("studies.tabs")}
          testId="study-tabs"
          tabs={[
            { id: "overview", title: t("studies.overview"), content: () => stack(<OverviewTab {...given} />) },
            { id: "trials", title: t("studies.trials"), content: () => <TrialsTab {...given} />, count: trials.length > 0 ? count(trials.length) : null },
            { id: "parameters", title: t("studies.parameters"), content: () => stack(<ParametersTab {...given} />) },
            { id: "values", title: t("studies.values"), content: () => <ValuesTab {...given} /> },
            { id: "timeline", title: t("studies.timeline"), content: () => <TimelineTab {...given} /> },
            ...(study.objectives.length > 1 ? [{ id: "front", title: t("studies.front"), content: () => stack(<FrontTab {...given} />) }] : []),
            { id: "config", title: t("studies.config"), content: () => stack(<ConfigTab study={study} />) },
          ]}
        />
      </Page>
    </div>
  );
}

const stack = (cards: ReactNode) => <div className={css["stack"]}>{cards}</div>;

/** Line below the name: pipeline, dataset, model, and the trials by state. */
function StudyLine({ study }: { study: StudyDetail }) {
  const { t } = useTranslation();
  const { count, moment } = useFormats();
  const paths = usePaths();
  const ended = Object.entries(study.trials).reduce((sum, [state, many]) => (state === "running" ? sum : sum + many), 0);
  return (
    <p className={css["facts"]}>
      <span>{study.plugin}</span>
      <span>
        <Link href={paths.dataset(study.dataset_name)}>{study.dataset_name}</Link> v{study.dataset_version}
      </span>
      <span data-testid="study-progress">{t("studies.progress", { ended: count(ended), all: count(study.budget.trials), count: study.budget.trials ?? 0 })}</span>
      {(["running", "pruned", "failed"] as const).map((state) => {
        const many = study.trials[state] ?? 0;
        return many > 0 ? <span key={state}>{t(`studies.counted.${state}`, { count: many, shown: count(many) })}</span> : null;
      })}
      <span>{moment(study.created_at)}</span>
    </p>
  );
}
