import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";

import type { DatasetVersion } from "../api/types";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading } from "../ui/Notice";
import { rowsQuery } from "./api";
import css from "./Datasets.module.css";

const RowsPlot = lazy(() => import("../charts/RowsPlot"));

/** Chart of the target over time; for several series, of the selected one. */
export function ChartCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const { target, unit, series_names: names } = dataset.dataset_schema;
  const [series, setSeries] = useState<string | null>(null);
  const rows = useQuery(rowsQuery(dataset.id, dataset.version, series ?? names?.[0] ?? null));
  const choice = names ? (
    <label className={css["versions"]}>
      {t("series.one")}
      <select value={series ?? names[0]} onChange={(event) => setSeries(event.target.value)}>
        {names.map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
    </label>
  ) : null;
  const note = rows.data && rows.data.times.length < rows.data.total_rows ? t("datasets.reduced", { count: rows.data.total_rows, shown: count(rows.data.total_rows) }) : undefined;
  return (
    <Card title={unit === "" ? target : `${target} (${unit})`} note={note} actions={choice}>
      {rows.error ? <ErrorNotice error={rows.error} /> : null}
      {rows.isLoading ? <Loading /> : null}
      {rows.data ? (
        <Suspense fallback={<Loading />}>
          <RowsPlot rows={rows.data} column={target} series={rowZoneOf(dataset.dataset_schema)} />
        </Suspense>
      ) : null}
    </Card>
  );
}
