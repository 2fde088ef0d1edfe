import { useQuery } from "@tanstack/react-query";
import { Suspense, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { ModelDetail } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { pluginsQuery } from "../plugins/api";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { lazily } from "../routing/lazily";
import { useLoaded } from "../routing/useLoaded";
import { Badge } from "../ui/Badge";
import { Page } from "../ui/Page";
import { isMissing, PageProblem } from "../ui/PageProblem";
import { Skeleton } from "../ui/Skeleton";
import { Tabs } from "../ui/Tabs";
import { modelQuery } from "./api";
import { imageClasses } from "./dataSchema";
import css from "./Models.module.css";
import { MoveDialog } from "./MoveDialog";
import OverviewTab from "./page/OverviewTab";
import { RollbackButton } from "./RollbackButton";

const VersionsTab = lazily(() => import("./versions/VersionsTab"));
const PredictionsTab = lazily(() => import("./page/PredictionsTab"));
const PolicyTab = lazily(() => import("./page/PolicyTab"));
const LineageTab = lazily(() => import("./lineage/LineageTab"));
const HistoryTab = lazily(() => import("./page/HistoryTab"));
const CardTab = lazily(() => import("./CardView"));
const TABS = [VersionsTab, PredictionsTab, PolicyTab, LineageTab, HistoryTab, CardTab];

/** The page of a model: what it says now and what waits for a decision, then tabs for everything else. */
export default function ModelPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const model = useQuery(modelQuery(name));
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [promoting, setPromoting] = useState<number | null>(null);
  const list = { name: t("models.title"), to: paths.models };
  useLoaded(model.data !== undefined, TABS);
  if (model.data === undefined || isMissing(model.error)) return <PageProblem title={name} list={list} error={model.error} />;
  const found = model.data;
  const there = !found.deleted_at;
  const writer = mayWrite(session) && there && !session.archived;
  const versioned = found.version_list.length > 0;
  const onPromote = writer ? setPromoting : null;
  const tab = (id: string, title: string, content: () => ReactNode, count: string | null = null) => ({ id, title, count, content: () => <Suspense fallback={<Skeleton lines={8} />}>{content()}</Suspense> });
  return (
    <Page
      tabTitle={found.name}
      crumbs={[list]}
      title={
        <span className={css["title"]}>
          <span className={css["name"]}>{found.name}</span>{" "}
          {found.champion === null ? <Badge tone="ember">{t("modelPage.noChampion")}</Badge> : <Badge tone="azure" testId="champion">{t("modelPage.champion", { version: found.champion })}</Badge>}
        </span>
      }
      note={<About model={found} />}
      actions={
        writer ? (
          <>
            {found.champion === null ? null : <RollbackButton model={found} />}
            <DeleteButton what={name} place={placeOf.model(name)} onDone={() => navigate(paths.models)} />
          </>
        ) : null
      }
    >
      {found.deleted_at ? <InTrash at={found.deleted_at} by={found.deleted_by ?? null} place={placeOf.model(found.id)} /> : null}
      {there ? (
        <Tabs
          label={t("modelPage.tabs")}
          testId="model-tabs"
          tabs={[
            tab("overview", t("modelPage.overview"), () => <OverviewTab model={found} writer={writer} onPromote={onPromote} />),
            tab("versions", t("models.versions"), () => <VersionsTab model={found} onPromote={onPromote} />, String(found.versions)),
            tab("predictions", t("life.predictions"), () => <PredictionsTab model={found} writer={writer} />),
            tab("policy", t("modelPage.policy"), () => <PolicyTab model={found} writer={writer} />),
            ...(versioned ? [tab("lineage", t("life.lineage"), () => <LineageTab name={name} />)] : []),
            tab("history", t("modelPage.history"), () => <HistoryTab model={found} />),
            ...(versioned ? [tab("card", t("life.card"), () => <CardTab model={found} writer={writer} />)] : []),
          ]}
        />
      ) : (
        <Suspense fallback={<Skeleton lines={8} />}>
          <VersionsTab model={found} onPromote={null} />
        </Suspense>
      )}
      {promoting === null ? null : <MoveDialog name={name} version={promoting} onClose={() => setPromoting(null)} />}
    </Page>
  );
}

/** Line below the name: the task, what is predicted, and the pipeline and dataset of the champion. */
function About({ model }: { model: ModelDetail }) {
  const { t, i18n } = useTranslation();
  const { count, moment } = useFormats();
  const paths = usePaths();
  const plugins = useQuery(pluginsQuery).data;
  const shown = model.version_list.find(({ version }) => version === model.champion) ?? model.version_list[0];
  const task = plugins?.find((plugin) => plugin.kind === "task_kind" && plugin.name === shown?.kind);
  const classes = imageClasses(shown);
  return (
    <p className={css["facts"]}>
      {shown === undefined ? null : <span data-testid="task-kind">{inLanguage(task?.title ?? {}, i18n.language) || shown.kind}</span>}
      {model.target === "" || classes !== null ? null : <span dir="auto">{model.unit === "" ? model.target : `${model.target} (${model.unit})`}</span>}
      {classes === null ? null : <span>{t("vision.targetOf", { count: classes.length, shown: count(classes.length) })}</span>}
      {shown === undefined ? null : <span>{shown.plugin}</span>}
      {shown?.run_id ? (
        <span>
          {t("predict.learnedIn")} <Link href={paths.run(shown.run_id)}>{shown.run_id.slice(0, 8)}</Link>
        </span>
      ) : null}
      {shown?.dataset_id ? (
        <span>
          {t("compareVersions.data")} <Link href={`${paths.dataset(shown.dataset_id)}?version=${String(shown.dataset_version)}`}>{t("compareVersions.dataVersion", { version: shown.dataset_version })}</Link>
        </span>
      ) : null}
      {shown === undefined ? null : <span>{moment(shown.created_at)}</span>}
    </p>
  );
}
