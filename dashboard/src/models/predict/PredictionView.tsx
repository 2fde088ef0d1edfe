import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Forecast } from "../../api/figures";
import type { ModelDetail, Prediction } from "../../api/types";
import { NextValues } from "../../forecasting/NextValues";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { Hash } from "../../ui/Facts";
import { Skeleton } from "../../ui/Skeleton";
import { rowZone } from "../dataSchema";
import { ForecastDownload } from "../ForecastDownload";
import { becameQuery, stepsOf, useHistory } from "../forecastRows";
import css from "../Models.module.css";

const ForecastPlot = lazy(() => import("../../charts/ForecastPlot"));

interface PredictionViewProps {
  model: ModelDetail;
  prediction: Prediction;
  /** The rows that were sent with the request; without them, those of the dataset are read. */
  sent?: Forecast["history"];
}

/** A forecast over the rows before it, with what happened since. */
export function PredictionView({ model, prediction, sent }: PredictionViewProps) {
  const { t } = useTranslation();
  const { percent, row } = useFormats();
  const series = rowZone(model, prediction.version);
  const paths = usePaths();
  const next: Forecast["next"] = prediction.predictions;
  const stored = useHistory(model, prediction);
  const history = sent ?? stored;
  const became = useQuery(becameQuery(prediction));
  const actual = useMemo(() => stepsOf(became.data ?? null, next.length), [became.data, next.length]);
  const known = actual.filter((value) => value !== null).length;
  return (
    <>
      <p className={css["soft"]}>
        {prediction.series ? <bdi>{prediction.series}: </bdi> : null}
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
              <Hash value={prediction.run_id} length={8} />
            </Link>
          </>
        )}
      </p>
      {prediction.missing_series.length > 0 ? (
        <p role="status">{t("predict.missingSeries", { series: prediction.missing_series.join(", ") })}</p>
      ) : null}
      <Suspense fallback={<Skeleton height={320} />}>
        <ForecastPlot key={prediction.prediction_id} target={prediction.target} unit={prediction.unit} history={history} next={next} interval={prediction.interval} series={series} actual={actual} testId="predict-chart" />
      </Suspense>
      {known > 0 ? <p role="status">{t("predict.known", { count: known, of: next.length })}</p> : null}
      <ForecastDownload id={prediction.prediction_id} />
      <details className={css["disclosure"]}>
        <summary>{t("forecast.asTable")}</summary>
        <NextValues next={next} unit={prediction.unit} target={prediction.target} series={series} actual={known > 0 ? actual : null} />
      </details>
    </>
  );
}
