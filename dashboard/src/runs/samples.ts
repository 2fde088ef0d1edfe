// A run, its evaluation and its forecast, for tests.
import type { LiveEvent, Metrics, RunDetail } from "../api/types";
import type { Backtest } from "./BacktestCard";
import type { Evaluation, Forecast, Verdict } from "./evaluation";

export function sampleRun(fields: Partial<RunDetail> = {}): RunDetail {
  return {
    id: "k3v9abcdabcdabcd",
    kind: "train",
    name: "co2 by lstm",
    state: "running",
    plugin: "forecasting.lstm",
    model: "co2",
    dataset_id: "d1",
    dataset_name: "co2",
    dataset_version: 1,
    attempt: 1,
    cancel_requested: false,
    waiting_on: 0,
    deleted_at: null,
    deleted_by: null,
    pinned: false,
    progress: { phase: "fit", done: 30, total: 100, note: "", share: 0.3, rate_per_second: 12, seconds_left: 75 },
    summary: null,
    error: null,
    created_at: "2026-01-02T03:04:05Z",
    started_at: "2026-01-02T03:04:06Z",
    finished_at: null,
    config: { epochs: 60, hidden_size: 64 },
    seed: 7,
    threads: 1,
    priority: 0,
    depends_on: [],
    on_failure: "cancel",
    needed_by: [],
    time_limit_seconds: null,
    memory_limit_bytes: null,
    study: null,
    dataset_fingerprint: "9f2c4b7e55aa01cc",
    code_version: "0.1.0",
    plugin_version: "0.1.0",
    environment: null,
    bit_reproducible: true,
    attempts: [],
    artifacts: [],
    figures: [],
    notes: [],
    metric_series: ["loss"],
    last_event_seq: 10,
    ...fields,
  };
}

export const sampleMetrics: Metrics = {
  run_id: "k3v9abcdabcdabcd",
  series: [{ series: "loss", steps: [1, 2], values: [0.9, 0.8], total_points: 2 }],
};

export function sampleEvent(seq: number, type: string, data: Record<string, unknown>): LiveEvent {
  return { stream: "run/k3v9abcdabcdabcd", seq, type, data, at: "2026-01-02T03:05:00Z" };
}

const horizons = (rmse: number) => [1, 8].map((horizon) => ({ horizon, rmse, mae: rmse, mase: 0.5, smape: 0.2, r2: 0.99, coverage: 0.9 }));
const part = { rows: 100, start: "1990-01-01T00:00:00Z", end: "1999-01-01T00:00:00Z" };

export const sampleEvaluation: Evaluation = {
  kind: "forecast",
  target: "co2",
  unit: "ppm",
  frequency: "1w",
  season: 52,
  horizon: 8,
  parts: { train: part, validation: part, test: { ...part, origins: 330 } },
  contenders: [
    { name: "forecasting.ridge", role: "baseline", rank: 2, metrics: { rmse: 0.431, r2: 0.998, coverage: 0.88, skill: 0 }, horizons: horizons(0.431) },
    { name: "forecasting.lstm", role: "candidate", rank: 1, metrics: { rmse: 0.412, r2: 0.999, coverage: 0.9, skill: 0.044 }, horizons: horizons(0.412), seconds: 38 },
    { name: "forecasting.naive", role: "baseline", rank: 3, metrics: { rmse: 1.3, r2: 0.97, coverage: null, skill: -2 }, horizons: horizons(1.3) },
  ],
  best_baseline: "forecasting.ridge",
  winner: "forecasting.lstm",
  comparisons: [{ a: "forecasting.lstm", b: "forecasting.ridge", metric: "rmse", relative_difference: -0.044, low: -0.06, high: -0.02, level: 0.95, better: true }],
  shown_horizons: [1, 8],
};

export const sampleVerdict: Verdict = {
  decision: "promoted",
  champion: "forecasting.lstm",
  reasons: [{ code: "no_champion_before", params: {}, text: { en: "There was no champion before.", tr: "Daha önce bir şampiyon yoktu." } }],
};

export const sampleForecast: Forecast = {
  target: "co2",
  unit: "ppm",
  history: [["2001-12-22T00:00:00Z", 371.2], ["2001-12-29T00:00:00Z", 371.5]],
  next: [
    { at: "2002-01-05T00:00:00Z", value: 371.9, low: 371.2, high: 372.6 },
    { at: "2002-01-12T00:00:00Z", value: 372.1, low: 371.3, high: 372.9 },
  ],
  interval: 0.9,
  test: { horizon: 1, at: ["2001-12-22T00:00:00Z"], actual: [371.2], predicted: [371.3], low: [370.8], high: [371.8] },
};

const foldPart = (start: string, end: string) => ({ rows: 30, start, end });
const fold = (day: string, lstm: number, naive: number): Backtest["folds"][number] => ({
  parts: { train: foldPart("2025-01-01T00:00:00Z", day), validation: foldPart(day, day), test: foldPart(day, day) },
  contenders: [
    { name: "forecasting.lstm", metrics: { rmse: lstm } },
    { name: "forecasting.naive", metrics: { rmse: naive } },
  ],
});
const spread = (mean: number, deviation: number | null = null) => ({ mean, deviation, folds: 2 });

export const sampleBacktest: Backtest = {
  candidate: "forecasting.lstm",
  purge_rows: 3,
  folds: [fold("2025-06-01T00:00:00Z", 1, 2), fold("2025-07-01T00:00:00Z", 1.5, 1.4)],
  contenders: [
    { name: "forecasting.lstm", rmse: spread(1.25, 0.3536), mase: spread(0.8), coverage: spread(0.9), beaten_in: null },
    { name: "forecasting.naive", rmse: spread(1.7, 0.4243), mase: spread(1.1), coverage: spread(0.88), beaten_in: 1 },
  ],
};
