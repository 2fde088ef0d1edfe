import { Suspense, lazy, useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import type { Forecast } from "./evaluation";
import { hasEnded } from "./live";
import { NextValues } from "./NextValues";
import css from "./RunPage.module.css";

const ForecastPlot = lazy(() => import("../charts/ForecastPlot"));
const TestPlot = lazy(() => import("../charts/TestPlot"));

/** Of several series one is drawn; which, is chosen. */
export function useOneSeries(forecast: Forecast | null): { forecast: Forecast | null; choice: ReactNode } {
  const { t } = useTranslation();
  const [name, setName] = useState<string | null>(null);
  const all = forecast?.more ? [forecast, ...forecast.more] : [];
  if (all.length < 2) return { forecast, choice: null };
  const choice = (
    <label className={css["choices"]}>
      <span className={css["soft"]}>{t("series.one")}</span>
      <select value={name ?? forecast?.series} onChange={(event) => setName(event.target.value)}>
        {all.map((one) => (
          <option key={one.series}>{one.series}</option>
        ))}
      </select>
    </label>
  );
  return { forecast: all.find((one) => one.series === name) ?? forecast, choice };
}

const waiting = <div className={css["chartPlaceholder"]} />;

/** The next values over the history. */
export function ForecastCard({ run, forecast, error, choice }: { run: RunDetail; forecast: Forecast | null; error: Error | null; choice?: ReactNode }) {
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
  const zone = rowZoneOf(forecast);
  return (
      <Card title={t("forecast.title")} note={t("forecast.note", { level: percent(forecast.interval), run: run.name })} actions={choice}>
        <Suspense fallback={waiting}>
          <ForecastPlot key={forecast.series} target={forecast.target} unit={forecast.unit} history={forecast.history} next={forecast.next} interval={forecast.interval} series={zone} testId="forecast-chart" />
        </Suspense>
        <details className={css["disclosure"]}>
          <summary>{t("forecast.asTable")}</summary>
          <NextValues next={forecast.next} unit={forecast.unit} target={forecast.target} series={zone} />
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
        <TestPlot key={forecast.series} test={test} interval={forecast.interval} series={rowZoneOf(forecast)} />
      </Suspense>
    </Card>
  );
}
