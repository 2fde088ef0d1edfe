import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";

import type { ModelDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { InTrash } from "../projects/trash/InTrash";
import { useTitle } from "../routing/useTitle";
import { Badge } from "../ui/Badge";
import { Button } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { historyQuery, modelQuery } from "./api";
import { HistoryCard } from "./HistoryCard";
import { fewerErrors } from "./errorRates";
import css from "./Models.module.css";
import { MoveDialog } from "./MoveDialog";
import { PredictCard } from "./PredictCard";

const LifeCards = lazy(() => import("./LifeCards"));
const PredictionCards = lazy(() => import("../predictions/PredictionCards"));
const PredictPicture = lazy(() => import("../vision/PredictPicture"));

/** A model: predict now, its versions, and who was champion when. */
export default function ModelPage({ name }: { name: string }) {
  const { t } = useTranslation();
  const session = useSession();
  const model = useQuery(modelQuery(name));
  const there = model.data !== undefined && !model.data.deleted_at;
  const history = useQuery({ ...historyQuery(name), enabled: there });
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [moving, setMoving] = useState<number | "back" | null>(null);
  useTitle(model.data?.name ?? name);
  if (model.error) return <ErrorNotice error={model.error} />;
  if (model.data === undefined) return <Loading />;
  const { champion, target, unit } = model.data;
  const holder = champion === null ? t("models.noChampion") : `v${champion}`;
  const classes = classesOf(model.data);
  const writer = mayWrite(session) && there;
  const hasBefore = history.data?.some((change) => change.previous_version !== null) ?? false;
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
      {there && classes === null ? <PredictCard model={model.data} /> : null}
      {there && classes !== null ? (
        <Suspense fallback={<Loading />}>
          <PredictPicture model={model.data} />
        </Suspense>
      ) : null}
      <VersionsCard model={model.data} onPromote={writer ? setMoving : null} />
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
      {history.error ? <ErrorNotice error={history.error} /> : null}
      {history.data ? <HistoryCard changes={history.data} /> : null}
      {moving === null ? null : <MoveDialog name={name} version={moving === "back" ? null : moving} onClose={() => setMoving(null)} />}
    </div>
  );
}

/** The classes that a model of pictures names; null where it predicts a series. */
function classesOf(model: ModelDetail): unknown[] | null {
  const schema = model.version_list[0]?.data_schema;
  return schema?.["kind"] === "images" && Array.isArray(schema["classes"]) ? schema["classes"] : null;
}

function VersionsCard({ model, onPromote }: { model: ModelDetail; onPromote: ((version: number) => void) | null }) {
  const { t } = useTranslation();
  const { bytes, moment, number, percent } = useFormats();
  const paths = usePaths();
  const pictures = classesOf(model) !== null;
  return (
    <Card title={t("models.versions")} note={t(pictures ? "vision.skillNote" : "models.versionsNote")}>
      <Table caption={t("models.versions")}>
        <thead>
          <tr>
            <th scope="col">{t("models.version")}</th>
            <th scope="col">{t("models.plugin")}</th>
            <th scope="col" className={tableCss["number"]}>{t(pictures ? "vision.beside" : "models.skill")}</th>
            <th scope="col">{t("models.run")}</th>
            <th scope="col">{t("models.content")}</th>
            <th scope="col" className={tableCss["number"]}>{t("models.size")}</th>
            <th scope="col">{t("models.created")}</th>
            {onPromote ? (
              <th scope="col">
                <span className="visually-hidden">{t("models.promote")}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {model.version_list.map((version) => {
            const skill = version.metrics?.["skill"];
            const points = pictures ? fewerErrors(version.metrics) : null;
            return (
              <tr key={version.version}>
                <th scope="row" className={tableCss["nowrap"]}>
                  v{version.version}{" "}
                  {version.aliases.map((alias) => (
                    <Badge key={alias} tone={alias === "champion" ? "azure" : "quiet"}>
                      {alias}
                    </Badge>
                  ))}
                </th>
                <td className={tableCss["soft"]}>{version.plugin}</td>
                <td className={tableCss["number"]}>{pictures ? (points === null ? "–" : t("vision.points", { count: Math.abs(points), points: `${points > 0 ? "+" : ""}${number(points, 3)}` })) : percent(typeof skill === "number" ? skill : null, 1, true)}</td>
                <td>
                  {version.run_id ? (
                    <Link href={paths.run(version.run_id)}>
                      <Hash value={version.run_id} length={8} />
                    </Link>
                  ) : (
                    t("life.imported")
                  )}
                </td>
                <td>
                  <Hash value={version.content_hash} />
                </td>
                <td className={tableCss["number"]}>{bytes(version.bytes)}</td>
                <td className={`${tableCss["nowrap"]} ${tableCss["soft"]}`}>{moment(version.created_at)}</td>
                {onPromote ? (
                  <td className={tableCss["number"]}>
                    {version.version === model.champion ? null : (
                      <Button small onPress={() => onPromote(version.version)}>
                        {t("models.promote")}
                      </Button>
                    )}{" "}
                    {version.aliases.length > 0 ? null : (
                      <DeleteButton small what={`${model.name} v${String(version.version)}`} place={placeOf.model(model.name, version.version)} />
                    )}
                  </td>
                ) : null}
              </tr>
            );
          })}
        </tbody>
      </Table>
    </Card>
  );
}
