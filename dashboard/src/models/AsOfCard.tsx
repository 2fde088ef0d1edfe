import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { AsOf, ModelDetail } from "../api/types";
import { columnDecimals } from "../evaluation/metrics";
import type { RowZone } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField, TextField } from "../ui/forms/Field";
import { ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { asOfQuery } from "./api";
import { rowZone } from "./dataSchema";
import css from "./Models.module.css";

const TestPlot = lazy(() => import("../charts/TestPlot"));

type ForecastThen = NonNullable<AsOf["forecast"]>;

/** State at a past moment: champion, data and forecast, with the actual values that followed. */
export default function AsOfCard({ model }: { model: ModelDetail }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState<string | null>(null);
  const [series, setSeries] = useState("");
  const found = useQuery(asOfQuery(model.name, at, series === "" ? null : series));
  const names = model.version_list.find((one) => one.version === model.champion)?.data_schema.series_names ?? [];
  const moment = typed === "" ? null : new Date(typed); // the browser's own zone
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (moment !== null && !Number.isNaN(moment.getTime())) setAt(moment.toISOString());
  };
  return (
    <Card title={t("asOf.title")} note={t("asOf.note")} testId="as-of">
      <form onSubmit={submit} className={css["asOf"]}>
        <TextField
          label={t("asOf.at")}
          hint={t("asOf.hint", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
          value={typed}
          onChange={setTyped}
          name="at"
          isMoment
          testId="as-of-at"
        />
        {names.length === 0 ? null : (
          <SelectField label={t("asOf.series")} value={series} onChange={setSeries} options={[{ value: "", label: "–" }, ...names.map((value) => ({ value, label: value }))]} />
        )}
        <Button type="submit" disabled={moment === null} pending={found.isFetching} testId="as-of-show">
          {t("asOf.show")}
        </Button>
      </form>
      {found.error ? <ErrorNotice error={found.error} /> : null}
      {found.data ? <Then model={model} found={found.data} /> : null}
    </Card>
  );
}

function Then({ model, found }: { model: ModelDetail; found: AsOf }) {
  const { t } = useTranslation();
  const { count, moment, row } = useFormats();
  const zone = found.holder?.version ? rowZone(model, found.holder.version) : null;
  return (
    <div data-testid="as-of-answer">
      {found.holder === null ? (
        <p>{t(`asOf.${found.state === "held" ? "removed" : found.state}`, { created: moment(found.model_created_at) })}</p>
      ) : (
        <p>
          {t("asOf.holder", {
            version: found.holder.version,
            plugin: found.plugin ?? "–",
            start: moment(found.holder.at),
            until: found.holder.until ? moment(found.holder.until) : t("asOf.today"),
          })}
        </p>
      )}
      {found.data === null ? null : (
        <p>{t("asOf.data", { name: found.data.name ?? found.data.dataset_id, version: found.data.version, count: found.data.rows ?? 0, shown: count(found.data.rows), end: row(found.data.end_at, zone) })}</p>
      )}
      {found.forecast === null ? null : <StoodThen forecast={found.forecast} zone={zone} />}
      {found.forecast === null && found.holder !== null ? (
        <p>
          {t("asOf.noForecast")} {found.ledger_since === null ? "" : t("asOf.ledgerSince", { at: moment(found.ledger_since) })}
        </p>
      ) : null}
    </div>
  );
}

function StoodThen({ forecast, zone }: { forecast: ForecastThen; zone: RowZone | null }) {
  const { t } = useTranslation();
  const { fixed, moment, row } = useFormats();
  const { points, data } = forecast;
  const decimals = columnDecimals(points.flatMap((point) => [point.value, point.actual]));
  const banded = points.every((point) => point.low !== null && point.high !== null);
  const test = {
    at: points.map((point) => point.at),
    actual: points.map((point) => point.actual),
    predicted: points.map((point) => point.value),
    low: banded ? points.map((point) => point.low ?? point.value) : null,
    high: banded ? points.map((point) => point.high ?? point.value) : null,
    horizon: points.length,
  };
  const named = forecast.unit === "" ? forecast.target : `${forecast.target} (${forecast.unit})`;
  const inside = (hit: boolean | null) => (hit === null ? "–" : t(hit ? "asOf.yes" : "asOf.no"));
  return (
    <>
      <p>
        {t("asOf.forecast", {
          made: moment(forecast.made_at),
          version: forecast.version,
          data: data === null ? t("asOf.sentRows") : `${data.name ?? data.dataset_id} v${String(data.version)}`,
          known: forecast.known,
          of: points.length,
        })}
        {forecast.series === null ? "" : ` ${forecast.series}`}
      </p>
      <div className={css["result"]}>
        <Suspense fallback={<Loading />}>
          <TestPlot test={test} interval={forecast.interval} series={zone} />
        </Suspense>
        <Table caption={t("asOf.title")}>
          <thead>
            <tr>
              <th scope="col">{t("charts.time")}</th>
              <th scope="col" className={tableCss["number"]}>{named}</th>
              <th scope="col" className={tableCss["number"]}>{t("forecast.low")}</th>
              <th scope="col" className={tableCss["number"]}>{t("forecast.high")}</th>
              <th scope="col" className={tableCss["number"]}>{t("asOf.happened")}</th>
              <th scope="col">{t("asOf.inside")}</th>
            </tr>
          </thead>
          <tbody>
            {points.map((point) => (
              <tr key={point.step}>
                <th scope="row">{row(point.at, zone)}</th>
                <td className={tableCss["number"]}>{fixed(point.value, decimals)}</td>
                <td className={tableCss["number"]}>{fixed(point.low, decimals)}</td>
                <td className={tableCss["number"]}>{fixed(point.high, decimals)}</td>
                <td className={tableCss["number"]}>{fixed(point.actual, decimals)}</td>
                <td>{inside(point.hit)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      </div>
    </>
  );
}
