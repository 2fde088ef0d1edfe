// Figures of a forecast, for tests.
import type { Backtest, Forecast } from "../api/figures";

export const sampleForecast: Forecast = {
  target: "co2",
  unit: "ppm",
  frequency: null,
  timezone: "UTC",
  contender: "forecasting.lstm",
  history: [["2001-12-22T00:00:00Z", 371.2], ["2001-12-29T00:00:00Z", 371.5]],
  next: [
    { at: "2002-01-05T00:00:00Z", value: 371.9, low: 371.2, high: 372.6 },
    { at: "2002-01-12T00:00:00Z", value: 372.1, low: 371.3, high: 372.9 },
  ],
  interval: 0.9,
  refitted: false,
  test: { horizon: 1, at: ["2001-12-22T00:00:00Z"], actual: [371.2], predicted: [371.3], low: [370.8], high: [371.8] },
  series: null,
  more: [],
};

const foldPart = (start: string, end: string) => ({ rows: 30, start, end, origins: null, classes: null, rows_sha256: null });
const fold = (day: string, lstm: number, naive: number): Backtest["folds"][number] => ({
  parts: { train: foldPart("2025-01-01T00:00:00Z", day), validation: foldPart(day, day), test: foldPart(day, day) },
  contenders: [
    { name: "forecasting.lstm", metrics: { rmse: lstm }, seconds: 1 },
    { name: "forecasting.naive", metrics: { rmse: naive }, seconds: 0 },
  ],
  failed: [],
});
const spread = (mean: number, deviation: number | null = null) => ({ mean, deviation, folds: 2 });

export const sampleBacktest: Backtest = {
  candidate: "forecasting.lstm",
  horizon: 8,
  purge_rows: 3,
  choice: null,
  folds: [fold("2025-06-01T00:00:00Z", 1, 2), fold("2025-07-01T00:00:00Z", 1.5, 1.4)],
  contenders: [
    { name: "forecasting.lstm", rmse: spread(1.25, 0.3536), mase: spread(0.8), coverage: spread(0.9), beaten_in: null },
    { name: "forecasting.naive", rmse: spread(1.7, 0.4243), mase: spread(1.1), coverage: spread(0.88), beaten_in: 1 },
  ],
};
