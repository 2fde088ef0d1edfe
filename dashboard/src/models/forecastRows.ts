// The rows around a new forecast: those before it, and those that arrived since.
import { queryOptions, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Forecast } from "../api/figures";
import type { ModelDetail, ModelVersion, Prediction } from "../api/types";
import { newestRowsQuery } from "../datasets/api";
import { forecastQuery } from "../figures/api";
import { predictionQuery, type LedgerDetail, type LedgerLine } from "../predictions/api";

/** Rows arrive within minutes; the ledger is read again until the last step is known. */
const REFRESH_MS = 15_000;

/**
 * The newest rows that a forecast continues. A total of several series is stored in no dataset: its rows are those that
 * the training run drew, where the forecast continues them.
 */
export function useHistory(model: ModelDetail, prediction: Prediction): Forecast["history"] {
  const learned = model.version_list.find((each) => each.version === prediction.version);
  const names = learned?.data_schema.series_names ?? null;
  const series = prediction.series ?? null;
  const stored = learned !== undefined && learned.dataset_id !== null && prediction.dataset_version !== null;
  const isStored = series === null || (names?.includes(series) ?? false);
  const isTotal = !isStored && !prediction.new_series;
  const rows = useQuery({
    ...newestRowsQuery(learned?.dataset_id ?? "", prediction.dataset_version ?? 0, series),
    enabled: stored && isStored,
  });
  const drawn = useQuery({ ...forecastQuery(prediction.run_id), enabled: isTotal && prediction.run_id !== null });
  return useMemo(() => {
    const known = (at: string) => Date.parse(at) <= Date.parse(prediction.origin);
    if (rows.data !== undefined) {
      const values = Object.values(rows.data.columns)[0] ?? [];
      return rows.data.times.flatMap((at, index): [string, number][] => {
        const value = values[index] ?? null;
        return value === null || !known(at) ? [] : [[at, value]];
      });
    }
    if (prediction.dataset_version !== prediction.trained_on) return [];
    const total = [drawn.data, ...(drawn.data?.more ?? [])].find((one) => (one?.series ?? null) === series);
    return total?.history.filter(([at]) => known(at)) ?? [];
  }, [rows.data, drawn.data, prediction.origin, prediction.dataset_version, prediction.trained_on, series]);
}

/** A line of the ledger as the answer that the request for it got. */
export function asPrediction(line: LedgerLine, version: ModelVersion): Prediction {
  const { inputs } = line;
  return {
    ...line,
    plugin: version.plugin,
    run_id: version.run_id,
    series: inputs.series,
    new_series: inputs.new_series,
    missing_series: inputs.missing_series,
    rows: inputs.rows,
    dataset_version: inputs.dataset_id === version.dataset_id ? inputs.dataset_version : null,
    trained_on: version.dataset_version,
    newer_version: null,
  };
}

/** The ledger entry, read again until every step is known. */
export function becameQuery(prediction: Prediction) {
  return queryOptions({
    ...predictionQuery(prediction.prediction_id),
    refetchInterval: (query) => ((query.state.data?.outcomes.length ?? 0) < prediction.predictions.length ? REFRESH_MS : false),
  });
}

/** Return the actual value of each step; null if not yet known. */
export function stepsOf(line: LedgerDetail | null, steps: number): (number | null)[] {
  const known = new Map(line?.outcomes.map((each) => [each.step, each.actual]));
  return Array.from({ length: steps }, (_, index) => known.get(index + 1) ?? null);
}
