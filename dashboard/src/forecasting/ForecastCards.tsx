import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { Forecast } from "../api/figures";
import ForecastPlot from "../charts/ForecastPlot";
import TestPlot from "../charts/TestPlot";
import { figureQuery, type FigureProps } from "../figures/api";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { ErrorNotice, Loading } from "../ui/Notice";
import { NextValues } from "./NextValues";

/** The forecast of a run and its test set; of several series, one at a time. */
export default function ForecastCards({ run }: FigureProps) {
  const { t } = useTranslation();
  const [name, setName] = useState<string | null>(null);
  const figure = useQuery(figureQuery(run, "forecast"));
  if (figure.error) return <ErrorNotice error={figure.error} />;
  if (figure.data === undefined) return <Loading />;
  const all = [figure.data, ...figure.data.more];
  const forecast = all.find(({ series }) => series === name) ?? figure.data;
  const choice =
    all.length < 2 ? null : (
      <label className={css["choices"]}>
        <span className={css["soft"]}>{t("series.one")}</span>
        <select value={name ?? forecast.series ?? ""} onChange={(event) => setName(event.target.value)}>
          {all.map(({ series }) => (
            <option key={series}>{series}</option>
          ))}
        </select>
      </label>
    );
  return (
    <>
      <ForecastCard run={run.name} forecast={forecast} choice={choice} />
      <TestCard forecast={forecast} />
    </>
  );
}

/** The next values over the history. */
function ForecastCard({ run, forecast, choice }: { run: string; forecast: Forecast; choice: ReactNode }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  const zone = rowZoneOf(forecast);
  const note = forecast.refitted ? "forecast.noteRefitted" : "forecast.note";
  return (
    <Card title={t("forecast.title")} note={t(note, { level: percent(forecast.interval), run })} actions={choice}>
      <ForecastPlot key={forecast.series} target={forecast.target} unit={forecast.unit} history={forecast.history} next={forecast.next} interval={forecast.interval} series={zone} testId="forecast-chart" />
      <details className={css["disclosure"]}>
        <summary>{t("forecast.asTable")}</summary>
        <NextValues next={forecast.next} unit={forecast.unit} target={forecast.target} series={zone} />
      </details>
    </Card>
  );
}

/** Predicted and actual values on the held-out rows. */
function TestCard({ forecast }: { forecast: Forecast }) {
  const { t } = useTranslation();
  const { test } = forecast;
  if (!test || test.at.length === 0) return null;
  return (
    <Card title={t("forecast.testTitle")} note={t("forecast.testNote", { horizon: test.horizon, count: test.horizon })}>
      <TestPlot key={forecast.series} test={test} interval={forecast.interval} series={rowZoneOf(forecast)} />
    </Card>
  );
}
