import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";

import type { ModelVersion } from "../../api/types";
import { forecastQuery } from "../../figures/api";
import { NextValues } from "../../forecasting/NextValues";
import { rowZoneOf } from "../../language/format";
import { useFormats } from "../../language/useFormats";
import { EmptyState } from "../../ui/EmptyState";
import { Skeleton } from "../../ui/Skeleton";
import css from "./Page.module.css";

const ForecastPlot = lazy(() => import("../../charts/ForecastPlot"));

/** The forecast that a version made at the end of its training; absent if its run made none or was purged. */
export function TrainedForecast({ version, series }: { version: ModelVersion; series: string | null }) {
  const { t } = useTranslation();
  const { moment, percent } = useFormats();
  const figure = useQuery({ ...forecastQuery(version.run_id), retry: false });
  if (figure.isLoading) return <Skeleton height={320} />;
  const all = figure.data && figure.data.contender === version.plugin ? [figure.data, ...figure.data.more] : [];
  const forecast = all.find((one) => series === null || one.series === series);
  if (forecast === undefined) return <EmptyState title={t("ledger.none")} text={t("modelPage.noPrediction")} />;
  const zone = rowZoneOf(forecast);
  return (
    <>
      <p className={css["soft"]}>{t("modelPage.trainedForecast", { at: moment(version.created_at), level: percent(forecast.interval) })}</p>
      <Suspense fallback={<Skeleton height={320} />}>
        <ForecastPlot key={forecast.series} target={forecast.target} unit={forecast.unit} history={forecast.history} next={forecast.next} interval={forecast.interval} series={zone} testId="predict-chart" />
      </Suspense>
      <details className={css["disclosure"]}>
        <summary>{t("forecast.asTable")}</summary>
        <NextValues next={forecast.next} unit={forecast.unit} target={forecast.target} series={zone} />
      </details>
    </>
  );
}
