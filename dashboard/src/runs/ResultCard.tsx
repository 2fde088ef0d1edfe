import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { hasEnded } from "./live";

type Summary = NonNullable<RunDetail["summary"]>;

/** The values of a summary, without its kind. */
function valuesOf({ kind, ...values }: Summary): unknown {
  return kind === "external" && "values" in values ? values.values : values;
}

/** Return the result of a run of this kind as a sentence; null if its summary has values only. */
function sentence(summary: Summary, t: TFunction, { count, moment }: ReturnType<typeof useFormats>): string | null {
  if (summary.kind === "refresh") {
    const done = t("addRows.done", { added: count(summary.rows_added), revised: count(summary.rows_revised), repeated: count(summary.rows_repeated) });
    return `${done} ${summary.end_at ? t("result.rowsNow", { shown: count(summary.rows), end: moment(summary.end_at) }) : ""}`;
  }
  if ("forecasts" in summary) {
    const { model, version, dataset, dataset_version, forecasts, known, origin_at, matures_at } = summary;
    return t("result.forecast", { model, version, dataset, data: dataset_version, made: count(forecasts), known: count(known), origin: moment(origin_at), end: moment(matures_at) });
  }
  if (summary.kind === "predict") {
    const { model, version, rows, origins, skipped } = summary;
    return t("result.batch", { model, version, shown: count(rows), origins: count(origins), skipped: count(skipped) });
  }
  return null;
}

/** Result of a run without a verdict, as a sentence or as values. */
export function ResultCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const said = run.summary ? sentence(run.summary, t, formats) : null;
  return (
    <Card title={t("result.title")}>
      {said === null ? null : <p data-testid="result">{said}</p>}
      {said !== null ? null : run.summary ? (
        <pre className={css["block"]}>{JSON.stringify(valuesOf(run.summary), null, 2)}</pre>
      ) : (
        <p className={css["soft"]}>{hasEnded(run.state) ? t("result.none") : t("common.notYetKnown")}</p>
      )}
    </Card>
  );
}
