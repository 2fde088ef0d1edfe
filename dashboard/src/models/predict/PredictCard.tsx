import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useId, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { ModelDetail, ModelVersion, PredictRequest } from "../../api/types";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { SelectField, TextField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { usePredict, versionQuery } from "../api";
import { knownAhead, rowZone, seriesNames } from "../dataSchema";
import { sentHistory, type SentRow } from "./csv";
import css from "./Predict.module.css";
import { PredictionView } from "./PredictionView";
import { readText, RowsField } from "./RowsField";

const WhatIfPart = lazy(() => import("../../scenarios/WhatIfPart"));

/** Forecasts on request: from the end of the dataset, or from rows of the person. Each is recorded in the ledger. */
export function PredictCard({ model, writer }: { model: ModelDetail; writer: boolean }) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState<number | null>(null);
  const number = chosen ?? model.champion ?? model.version_list[0]?.version ?? null;
  const listed = model.version_list.find(({ version }) => version === number);
  const asked = useQuery({ ...versionQuery(model.name, number ?? 0), enabled: number !== null && listed === undefined });
  const version = listed ?? asked.data;
  if (number === null) return null;
  return (
    <Card title={t("predict.title")} note={t("predict.note")} testId="predict-card">
      {model.champion === null ? <p className={css["soft"]}>{t("predict.noChampion")}</p> : null}
      {!writer ? <p className={css["soft"]}>{t("predictForm.viewer")}</p> : null}
      {writer && version !== undefined ? <PredictForm model={model} version={version} onVersion={setChosen} /> : null}
    </Card>
  );
}

function PredictForm({ model, version, onVersion }: { model: ModelDetail; version: ModelVersion; onVersion: (version: number) => void }) {
  const { t } = useTranslation();
  const id = useId();
  const predict = usePredict(model.name);
  const names = seriesNames(version);
  const columns = knownAhead(version);
  const [picked, setPicked] = useState<string | null>(null);
  const [horizon, setHorizon] = useState("");
  const [source, setSource] = useState<"dataset" | "rows">(version.dataset_id === null ? "rows" : "dataset");
  const [text, setText] = useState("");
  const [sent, setSent] = useState<readonly SentRow[] | null>(null);
  const [tried, setTried] = useState(false);
  const series = picked !== null && names.includes(picked) ? picked : (names[0] ?? null);
  const steps = horizon.trim() === "" ? null : Number(horizon);
  const wrong = steps !== null && !(Number.isInteger(steps) && steps > 0) ? t("predictForm.wholeNumber") : undefined;
  const read = source === "rows" ? readText(text, version) : null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (wrong !== undefined || (source === "rows" && read === null) || predict.isPending) return;
    const request: PredictRequest = { version: version.version === model.champion ? null : version.version, series, horizon: steps, rows: read?.rows ?? null };
    setSent(read?.rows ?? null);
    predict.mutate(request);
  };
  return (
    <>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <div className={css["fields"]}>
          <SelectField
            label={t("models.version")}
            value={String(version.version)}
            onChange={(value) => onVersion(Number(value))}
            options={model.version_list.map((each) => ({ value: String(each.version), label: each.version === model.champion ? `v${String(each.version)} (${t("models.champion")})` : `v${String(each.version)}` }))}
          />
          {names.length > 0 ? <SelectField label={t("series.one")} value={series ?? ""} onChange={setPicked} options={names.map((value) => ({ value, label: value }))} /> : null}
          <TextField label={t("predictForm.horizon")} hint={t("predictForm.horizonHint")} value={horizon} onChange={setHorizon} mode="numeric" error={wrong} testId="horizon" />
        </div>
        <fieldset className={css["source"]}>
          <legend>{t("predictForm.source")}</legend>
          {(["dataset", "rows"] as const).map((each) => (
            <label key={each}>
              <input type="radio" name={`${id}-source`} checked={source === each} disabled={each === "dataset" && version.dataset_id === null} onChange={() => setSource(each)} data-testid={`source-${each}`} />
              {t(`predictForm.sources.${each}`)}
            </label>
          ))}
        </fieldset>
        {source === "rows" ? <RowsField version={version} series={series} text={text} onChange={setText} /> : null}
        {tried && source === "rows" && text.trim() === "" ? <p role="alert">{t("predictForm.noRows")}</p> : null}
        <div className={css["actions"]}>
          <Button look="primary" type="submit" pending={predict.isPending} testId="predict">
            {t("predictForm.submit")}
          </Button>
          {predict.isPending ? (
            <Button onPress={predict.cancel} testId="cancel-predict">
              {t("modelPage.cancel")}
            </Button>
          ) : null}
          {predict.cancelled && !predict.isPending ? <span role="status">{t("modelPage.cancelled")}</span> : null}
        </div>
      </form>
      {predict.error ? <ErrorNotice error={predict.error} /> : null}
      {predict.answer && !predict.isPending ? (
        <section className={css["result"]} aria-label={t("predictForm.result")} data-testid="prediction">
          <PredictionView model={model} prediction={predict.answer} {...(sent === null ? {} : { sent: sentHistory(sent, version.data_schema) })} />
        </section>
      ) : null}
      {columns.length > 0 && version.version === model.champion ? (
        <Suspense fallback={<Skeleton />}>
          <WhatIfPart key={series} model={model.name} columns={columns} series={series} zone={rowZone(model, version.version)} />
        </Suspense>
      ) : null}
    </>
  );
}
