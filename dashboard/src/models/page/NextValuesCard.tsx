import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { ModelDetail } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { newestPredictionsQuery } from "../../predictions/api";
import { usePaths } from "../../projects/session";
import { Button, ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { usePredict } from "../api";
import { seriesNames } from "../dataSchema";
import { asPrediction } from "../forecastRows";
import { PredictionView } from "../predict/PredictionView";
import css from "./Page.module.css";
import { TrainedForecast } from "./TrainedForecast";

/** The champion's newest forecast of the ledger; before its first one, the forecast of its training run. */
export function NextValuesCard({ model, writer }: { model: ModelDetail; writer: boolean }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const predict = usePredict(model.name);
  const champion = model.version_list.find(({ version }) => version === model.champion);
  const names = seriesNames(champion);
  const [chosen, setChosen] = useState<string | null>(null);
  const newest = useQuery({ ...newestPredictionsQuery(model.name, model.champion ?? 0), enabled: champion !== undefined });
  const line = newest.data?.items.find(({ inputs }) => chosen === null || inputs.series === chosen);
  const series = chosen ?? line?.inputs.series ?? names[0] ?? null;
  if (champion === undefined) {
    return (
      <Card title={t("modelPage.next")} testId="next-values">
        <EmptyState title={t("predict.noChampion")} text={t("modelPage.noChampionNext")}>
          {model.version_list.length > 0 ? <ButtonLink to={`${paths.model(model.name)}?tab=versions`}>{t("modelPage.toVersions")}</ButtonLink> : <ButtonLink to={paths.newRun()}>{t("runs.new")}</ButtonLink>}
        </EmptyState>
      </Card>
    );
  }
  const ask = () => predict.mutate({ series });
  const actions = (
    <>
      {names.length > 0 ? (
        <label className={css["choice"]}>
          {t("series.one")}
          <select value={series ?? ""} onChange={(event) => setChosen(event.target.value)}>
            {names.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      ) : null}
      {predict.isPending ? <Button onPress={predict.cancel}>{t("modelPage.cancel")}</Button> : null}
      {writer ? (
        <Button look="primary" pending={predict.isPending} onPress={ask} testId="predict">
          {t("predict.now")}
        </Button>
      ) : null}
    </>
  );
  return (
    <Card title={t("modelPage.next")} note={line ? t("modelPage.nextNote", { at: moment(line.created_at) }) : t("predict.note")} actions={actions} testId="next-values">
      {predict.error ? <ErrorNotice error={predict.error} /> : null}
      {predict.cancelled ? <p role="status">{t("modelPage.cancelled")}</p> : null}
      {newest.error ? <ErrorNotice error={newest.error} /> : null}
      {newest.isLoading ? <Skeleton height={320} /> : null}
      {line ? <PredictionView model={model} prediction={asPrediction(line, champion)} /> : null}
      {newest.data && !line ? <TrainedForecast version={champion} series={chosen} /> : null}
      <p>
        <Link href={`${paths.model(model.name)}?tab=predictions`}>{t("modelPage.toPredictions")}</Link>
      </p>
    </Card>
  );
}
