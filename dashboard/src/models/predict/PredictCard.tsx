import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { ModelDetail, Prediction } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import type { Forecast } from "../api/figures";
import { NextValues } from "../forecasting/NextValues";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Hash } from "../ui/Facts";
import { ErrorNotice, Loading } from "../ui/Notice";
import { usePredict } from "./api";
import { knownAhead, rowZone } from "./dataSchema";
import { ForecastDownload } from "./ForecastDownload";
import { becameQuery, stepsOf, useHistory } from "./forecastRows";
import css from "./Models.module.css";

const ForecastPlot = lazy(() => import("../charts/ForecastPlot"));
const WhatIfPart = lazy(() => import("../scenarios/WhatIfPart"));

/** The champion's next values, recorded in the ledger before their outcomes are known. */
export function PredictCard({ model }: { model: ModelDetail }) {
  const { t } = useTranslation();
  const session = useSession();
  const predict = usePredict(model.name);
  const champion = model.version_list.find((each) => each.version === model.champion);
  const schema = champion?.data_schema;
  const columns = knownAhead(champion);
  const groups = Object.entries(schema?.groups ?? {});
  const totals = groups.length > 0 ? ["total", ...groups.flatMap(([column, found]) => Object.keys(found).map((group) => `${column}=${group}`))] : [];
  const names = [...totals, ...(schema?.series_names ?? [])];
  const [chosen, setSeries] = useState<string | null>(null);
  const series = chosen ?? names[0] ?? null;
  return (
    <Card
      title={t("predict.title")}
      note={t("predict.note")}
      actions={
        model.champion === null || !mayWrite(session) ? null : (
          <>
            {names.length > 0 ? (
              <label className={css["soft"]}>
                {t("series.one")}{" "}
                <select value={series ?? ""} onChange={(event) => setSeries(event.target.value)}>
                  {names.map((name) => (
                    <option key={name}>{name}</option>
                  ))}
                </select>
              </label>
            ) : null}
            <Button look="primary" pending={predict.isPending} onPress={() => predict.mutate(series)} testId="predict">
              {t("predict.now")}
            </Button>
          </>
        )
      }
    >
      {model.champion === null ? <p className={css["soft"]}>{t("predict.noChampion")}</p> : null}
      {predict.error ? <ErrorNotice error={predict.error} /> : null}
      {predict.data ? <PredictionView model={model} prediction={predict.data} /> : null}
      {model.champion !== null && columns.length > 0 && mayWrite(session) ? (
        <Suspense fallback={<Loading />}>
          <WhatIfPart key={series} model={model.name} columns={columns} series={series} zone={rowZone(model, model.champion)} />
        </Suspense>
      ) : null}
    </Card>
  );
}

function PredictionView({ model, prediction }: { model: ModelDetail; prediction: Prediction }) {
  const { t } = useTranslation();
  const { percent, row } = useFormats();
  const series = rowZone(model, prediction.version);
  const paths = usePaths();
  const next: Forecast["next"] = prediction.predictions;
  const history = useHistory(model, prediction);
  const became = useQuery(becameQuery(prediction));
  const actual = useMemo(() => stepsOf(became.data ?? null, next.length), [became.data, next.length]);
  const known = actual.filter((value) => value !== null).length;
  return (
    <>
      <p className={css["soft"]}>
        {t("predict.from", { version: prediction.version, plugin: prediction.plugin, origin: row(prediction.origin, series), level: percent(prediction.interval) })}{" "}
        {prediction.dataset_version === null ? null : `${t("predict.data", { version: prediction.dataset_version })} `}
        {prediction.dataset_version === null || prediction.trained_on === prediction.dataset_version ? null : `${t("predict.moved", { version: prediction.trained_on })} `}
        {prediction.newer_version === null ? null : `${t("predict.newer", { version: prediction.newer_version })} `}
        {prediction.run_id === null ? (
          t("life.imported")
        ) : (
          <>
            {t("predict.learnedIn")}{" "}
            <Link href={paths.run(prediction.run_id)}>
              <Hash value={prediction.run_id} length={16} />
            </Link>
          </>
        )}
      </p>
      {prediction.missing_series.length > 0 ? (
        <p role="status">{t("predict.missingSeries", { series: prediction.missing_series.join(", ") })}</p>
      ) : null}
      <div className={css["result"]}>
        <Suspense fallback={<Loading />}>
          <ForecastPlot target={prediction.target} unit={prediction.unit} history={history} next={next} interval={prediction.interval} series={series} actual={actual} testId="predict-chart" />
        </Suspense>
        <div>
          {known > 0 ? <p role="status">{t("predict.known", { count: known, of: next.length })}</p> : null}
          <ForecastDownload id={prediction.prediction_id} />
          <NextValues next={next} unit={prediction.unit} target={prediction.target} series={series} actual={known > 0 ? actual : null} />
        </div>
      </div>
    </>
  );
}
