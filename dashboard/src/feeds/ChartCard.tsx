import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";

import type { Feed } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { chartQuery } from "./api";
import css from "./Feeds.module.css";

const RowsPlot = lazy(() => import("../charts/RowsPlot"));
/** Number of the newest rows of the log that the chart covers. */
const LASTS = [1_000, 10_000, 100_000] as const;

/** A column of one key over time. */
export function ChartCard({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const numbers = feed.columns.filter((column) => !column.classes);
  const [column, setColumn] = useState(numbers[0]?.name ?? "");
  const [key, setKey] = useState<string | null>(feed.keys[0] ?? null);
  const [last, setLast] = useState<number>(LASTS[1]);
  const chart = useQuery({ ...chartQuery(feed.id, column, key, last, feed.rows), enabled: column !== "" });
  if (column === "") return null;
  const choices = (
    <div className={css["choices"]}>
      <label>
        {t("feeds.column")}
        <select value={column} onChange={(event) => setColumn(event.target.value)}>
          {numbers.map((one) => (
            <option key={one.name}>{one.name}</option>
          ))}
        </select>
      </label>
      {key === null ? null : (
        <label>
          {t("feeds.key")}
          <select value={key} onChange={(event) => setKey(event.target.value)}>
            {feed.keys.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
      )}
      <label>
        {t("feeds.lastRows")}
        <select value={last} onChange={(event) => setLast(Number(event.target.value))}>
          {LASTS.map((one) => (
            <option key={one} value={one}>{count(one)}</option>
          ))}
        </select>
      </label>
    </div>
  );
  return (
    <Card title={t("feeds.chart")} actions={choices}>
      {chart.error ? <ErrorNotice error={chart.error} /> : null}
      {chart.isLoading ? <Loading /> : null}
      {chart.data && chart.data.times.length === 0 ? <Empty title={t("feeds.noRows")} /> : null}
      {chart.data && chart.data.times.length > 0 ? (
        <Suspense fallback={<Loading />}>
          <RowsPlot rows={{ times: chart.data.times, columns: { [chart.data.column]: chart.data.values }, total_rows: chart.data.total_rows }} column={chart.data.column} series={null} />
        </Suspense>
      ) : null}
    </Card>
  );
}
