import { Suspense, lazy } from "react";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import type { Forecast } from "./evaluation";
import { hasEnded } from "./live";
import { NextValues } from "./NextValues";
import css from "./RunPage.module.css";

const ForecastPlot = lazy(() => import("../charts/ForecastPlot"));
const TestPlot = lazy(() => import("../charts/TestPlot"));

const waiting = <div className={css["chartPlaceholder"]} />;

/** The next values over the history. */
export function ForecastCard({ run, forecast, error }: { run: RunDetail; forecast: Forecast | null; error: Error | null }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  if (forecast === null) {
    const text = hasEnded(run.state) && !run.figures.includes("forecast") ? t("forecast.never") : t("forecast.notYet");
    return (
      <Card title={t("forecast.title")}>
        {error ? <ErrorNotice error={error} /> : <p className={css["soft"]}>{text}</p>}
      </Card>
    );
  }
  return (
      <Card title={t("forecast.title")} note={t("forecast.note", { level: percent(forecast.interval), run: run.name })}>
        <Suspense fallback={waiting}>
          <ForecastPlot {...forecast} testId="forecast-chart" />
        </Suspense>
        <details className={css["disclosure"]}>
          <summary>{t("forecast.asTable")}</summary>
          <NextValues next={forecast.next} unit={forecast.unit} target={forecast.target} />
        </details>
      </Card>
  );
}

/** What was predicted on the held-out rows, over what then happened. */
export function TestCard({ forecast }: { forecast: Forecast | null }) {
  const { t } = useTranslation();
  const test = forecast?.test;
  if (!test || test.at.length === 0) return null;
  return (
    <Card title={t("forecast.testTitle")} note={t("forecast.testNote", { horizon: test.horizon, count: test.horizon })}>
      <Suspense fallback={waiting}>
        <TestPlot test={test} interval={forecast.interval} />
      </Suspense>
    </Card>
  );
}
