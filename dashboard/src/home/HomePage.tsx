import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../language/useFormats";
import { modelsQuery } from "../models/api";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { StateBadge } from "../runs/StateBadge";
import { MiniProgress } from "../runs/MiniProgress";
import { ButtonLink } from "../ui/Button";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Skeleton } from "../ui/Skeleton";
import type { Run } from "../api/types";
import { homeDatasets, runsOf } from "./api";
import { ChampionsCard } from "./ChampionsCard";
import { FirstSteps } from "./FirstSteps";
import css from "./Home.module.css";
import { NeedsCard } from "./NeedsCard";
import { SinceCard } from "./SinceCard";

/** The start page of a project: what runs, what changed, what serves, and what needs a person. */
export default function HomePage() {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const recent = useQuery(runsOf(null, 8));
  const models = useQuery(modelsQuery);
  const datasets = useQuery(homeDatasets);
  const empty = recent.data?.items.length === 0 && models.data?.length === 0;
  return (
    <Page title={t("home.title")} note={session.name} actions={mayWrite(session) && !empty ? <ButtonLink to={paths.newRun()} look="primary">{t("palette.newRun")}</ButtonLink> : undefined}>
      {recent.error ? <ErrorNotice error={recent.error} /> : null}
      {recent.data === undefined && recent.error === null ? <Skeleton lines={8} /> : null}
      {empty ? <FirstSteps hasData={(datasets.data?.items.length ?? 0) > 0} /> : null}
      {recent.data && !empty ? (
        <div className={css["columns"]}>
          <div className={css["column"]}>
            <ActiveCard />
            <ChampionsCard models={models.data ?? []} />
          </div>
          <div className={css["column"]}>
            <NeedsCard models={models.data ?? []} />
            <SinceCard />
            <Card title={t("home.recent")} actions={<Link href={paths.runs}>{t("home.allRuns")}</Link>} testId="recent">
              <RunLines runs={recent.data.items} />
            </Card>
          </div>
        </div>
      ) : null}
    </Page>
  );
}

function ActiveCard() {
  const { t } = useTranslation();
  const running = useQuery({ ...runsOf("running", 5), refetchInterval: ({ state }) => ((state.data?.items.length ?? 0) > 0 ? 3000 : false) });
  const queued = useQuery(runsOf("queued", 5));
  const runs = [...(running.data?.items ?? []), ...(queued.data?.items ?? [])];
  return (
    <Card title={t("home.active")} testId="active">
      {running.error ? <ErrorNotice error={running.error} /> : null}
      {running.data && runs.length === 0 ? <p className={css["soft"]}>{t("home.noneActive")}</p> : <RunLines runs={runs} />}
    </Card>
  );
}

function RunLines({ runs }: { runs: readonly Run[] }) {
  const { moment } = useFormats();
  const paths = usePaths();
  return (
    <ul className={css["lines"]}>
      {runs.map((run) => (
        <li key={run.id} className={css["line"]}>
          <Link href={paths.run(run.id)} className={css["name"]} dir="auto" title={run.name}>
            {run.name || run.id}
          </Link>
          {run.state === "running" ? <MiniProgress progress={run.progress} /> : null}
          <span className={css["end"]}>
            <StateBadge state={run.state} stopping={run.cancel_requested} />
            <span className={css["soft"]}>{moment(run.finished_at ?? run.started_at ?? run.created_at)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
}
