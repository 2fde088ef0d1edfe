import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { Learner } from "../api/types";
import { useStream } from "../events/useStream";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { Card, PageHead } from "../ui/Card";
import { Facts } from "../ui/Facts";
import { Notice } from "../ui/Notice";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { AnswersCard } from "./AnswersCard";
import { learnerQuery } from "./api";
import { CommandCard } from "./CommandCard";
import { HoursCard } from "./HoursCard";
import { LeagueCard } from "./LeagueCard";
import { LearnerActions } from "./LearnerActions";
import css from "./Learners.module.css";
import { LearnerState } from "./LearnerState";
import { targetInWords } from "./target";
import { TimelineCard } from "./TimelineCard";

/** Page of one learner: state, scores next to its baselines, hours, answers, timeline, commands and settings. */
export default function LearnerPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const learner = useQuery(learnerQuery(name));
  useTitle(name);
  if (learner.data === undefined || isMissing(learner.error)) return <PageProblem title={name} list={{ name: t("learners.title"), to: paths.learners }} error={learner.error} />;
  return <Shown key={learner.data.id} learner={learner.data} name={name} />;
}

function Shown({ learner, name }: { learner: Learner; name: string }) {
  const { t, i18n } = useTranslation();
  const paths = usePaths();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  useStream(`learner/${learner.id}`, learner.last_event_seq, () => void client.invalidateQueries({ queryKey: ["learners", name], exact: true }));
  return (
    <div className={css["page"]}>
      <PageHead title={learner.name} note={targetInWords(learner.plan.target, t)} crumbs={[{ name: t("learners.title"), to: paths.learners }]}>
        <LearnerState state={learner.state} />
        <LearnerActions learner={learner} />
        {learner.deleted_at ? null : <DeleteButton what={learner.name} place={placeOf.learner(learner.id)} onDone={() => navigate(paths.learners)} />}
      </PageHead>
      {learner.deleted_at ? <InTrash at={learner.deleted_at} by={learner.deleted_by} place={placeOf.learner(learner.id)} /> : null}
      {learner.problem && !learner.deleted_at ? <Notice tone="bad">{inLanguage(learner.problem, i18n.language)}</Notice> : null}
      <PositionCard learner={learner} />
      {learner.deleted_at ? null : (
        <>
          <LeagueCard learner={learner} />
          <HoursCard learner={learner} />
          <AnswersCard learner={learner} />
          <TimelineCard learner={learner} />
          <CommandCard learner={learner} />
        </>
      )}
      <AboutCard learner={learner} />
    </div>
  );
}

function PositionCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const { bytes, count, moment } = useFormats();
  const paths = usePaths();
  return (
    <Card title={t("learners.position")}>
      <Facts
        facts={[
          { name: t("learners.rows"), value: count(learner.seq) },
          { name: t("learners.behind"), value: count(learner.lag_rows) },
          { name: t("learners.at"), value: learner.at ? moment(learner.at) : t("common.notYetKnown") },
          { name: t("learners.answers"), value: count(learner.answers) },
          { name: t("learners.outcomes"), value: count(learner.outcomes) },
          { name: t("learners.committed"), value: learner.committed_at ? moment(learner.committed_at) : "–" },
          { name: t("learners.statesSaved"), value: count(learner.states) },
          { name: t("learners.size"), value: bytes(learner.bytes) },
          ...(learner.run_id === null ? [] : [{ name: t("learners.run"), value: <Link href={paths.run(learner.run_id)}>{learner.run_id}</Link> }, { name: t("learners.attempts"), value: count(learner.attempts) }]),
        ]}
      />
    </Card>
  );
}

function AboutCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const { bytes, count, duration, moment } = useFormats();
  const paths = usePaths();
  const { plan } = learner;
  return (
    <Card title={t("learners.about")}>
      <Facts
        facts={[
          { name: t("learners.feed"), value: <Link href={paths.feed(learner.feed)}>{learner.feed}</Link> },
          { name: t("learners.plugin"), value: learner.plugin },
          { name: t("learners.target"), value: targetInWords(plan.target, t) },
          { name: t("learners.inputs"), value: [...plan.inputs, ...plan.features.map((each) => each.name)].join(", ") },
          { name: t("learners.keys"), value: plan.keys.length === 0 ? t("learners.allKeys") : plan.keys.join(", ") },
          { name: t("learners.stateEvery"), value: duration(plan.state_every_seconds) },
          { name: t("learners.archiveEvery"), value: duration(plan.archive_every_seconds) },
          { name: t("learners.kept"), value: t("learners.keptStates", { newest: count(learner.retention.newest), all: learner.retention.all_days, daily: learner.retention.daily_days }) },
          { name: t("learners.memory"), value: bytes(learner.memory_limit_bytes) },
          { name: t("learners.seed"), value: String(plan.seed) },
          { name: t("learners.created"), value: moment(learner.created_at) },
          ...(learner.copied_from === null ? [] : [{ name: t("learners.copiedFrom"), value: <Link href={paths.learner(learner.copied_from)}>{`${learner.copied_from}, ${t("learners.row")} ${count(learner.copied_seq)}`}</Link> }]),
        ]}
        long
      />
    </Card>
  );
}
