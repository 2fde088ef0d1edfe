import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { mayWrite, usePaths, useSession } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { Button } from "../ui/Button";
import { PageHead } from "../ui/Card";
import { More } from "../ui/More";
import { ErrorNotice, Loading } from "../ui/Notice";
import { LoopLine } from "../loop/LoopLine";
import { historyQuery, modelQuery } from "./api";
import { imageClasses } from "./dataSchema";
import { HistoryCard } from "./HistoryCard";
import css from "./Models.module.css";
import { MoveDialog } from "./MoveDialog";
import { PredictCard } from "./PredictCard";
import { VersionsCard } from "./VersionsCard";
import { WaitingCard } from "./WaitingCard";

const AsOfCard = lazy(() => import("./AsOfCard"));
const FreshCard = lazy(() => import("./fresh/FreshCard").then(({ FreshCard }) => ({ default: FreshCard })));
const LifeCards = lazy(() => import("./LifeCards"));
const PredictionCards = lazy(() => import("../predictions/PredictionCards"));
const PredictImage = lazy(() => import("../vision/PredictImage"));

/** Page of a model: prediction, versions and alias history. */
export default function ModelPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const model = useQuery(modelQuery(name));
  const there = model.data !== undefined && !model.data.deleted_at;
  const history = useInfiniteQuery({ ...historyQuery(name), enabled: there });
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [moving, setMoving] = useState<number | "back" | null>(null);
  useTitle(model.data?.name ?? name);
  if (model.error) return <ErrorNotice error={model.error} />;
  if (model.data === undefined) return <Loading />;
  const { champion, target, unit } = model.data;
  const holder = champion === null ? t("models.noChampion") : `v${champion}`;
  const classes = imageClasses(model.data.version_list[0]);
  const writer = mayWrite(session) && there;
  const hasBefore = history.data?.some((change) => change.previous_version !== null && change.action === "promote") ?? false;
  return (
    <div className={css["page"]}>
      <PageHead
        title={model.data.name}
        note={
          classes === null
            ? t("models.about", { target: unit === "" ? target : `${target} (${unit})`, champion: holder })
            : t("vision.modelAbout", { count: classes.length, champion: holder })
        }
      >
        {writer && hasBefore ? <Button onPress={() => setMoving("back")}>{t("models.rollback")}</Button> : null}
        {writer ? <DeleteButton what={name} place={placeOf.model(name)} onDone={() => navigate(paths.models)} /> : null}
      </PageHead>
      {model.data.deleted_at ? <InTrash at={model.data.deleted_at} by={model.data.deleted_by ?? null} place={placeOf.model(model.data.id)} /> : null}
      {there ? <LoopLine model={name} /> : null}
      {there ? <WaitingCard name={name} writer={writer} /> : null}
      {there && classes === null ? <PredictCard model={model.data} /> : null}
      {there && classes !== null ? (
        <Suspense fallback={<Loading />}>
          <PredictImage model={model.data} />
        </Suspense>
      ) : null}
      <VersionsCard model={model.data} onPromote={writer ? setMoving : null} />
      {there && champion !== null ? (
        <Suspense fallback={<Loading />}>
          <FreshCard name={name} writer={writer} />
        </Suspense>
      ) : null}
      {there ? (
        <Suspense fallback={<Loading />}>
          <PredictionCards model={model.data} />
        </Suspense>
      ) : null}
      {there && model.data.version_list.length > 0 ? (
        <Suspense fallback={<Loading />}>
          <LifeCards model={model.data} writer={writer} />
        </Suspense>
      ) : null}
      {there && classes === null && model.data.version_list.length > 0 ? (
        <Suspense fallback={<Loading />}>
          <AsOfCard model={model.data} />
        </Suspense>
      ) : null}
      {history.error ? <ErrorNotice error={history.error} /> : null}
      {history.data ? <HistoryCard changes={history.data} more={<More list={history} />} /> : null}
      {moving === null ? null : <MoveDialog name={name} version={moving === "back" ? null : moving} onClose={() => setMoving(null)} />}
    </div>
  );
}
