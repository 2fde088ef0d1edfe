// Shapes of the figures that the built-in task kinds compute.
import type { MetricValues } from "./evaluation";

export interface Forecast {
  target: string;
  unit: string;
  frequency?: string | null;
  timezone?: string;
  history: [at: string, value: number | null][];
  next: { at: string; value: number; low: number | null; high: number | null }[];
  interval: number | null;
  test: {
    horizon: number;
    at: string[];
    actual: (number | null)[];
    predicted: (number | null)[];
    low: (number | null)[] | null;
    high: (number | null)[] | null;
  } | null;
  /** Of several series: which this is, and those of others. */
  series?: string;
  more?: Forecast[];
}

export interface Spread {
  mean: number | null;
  deviation: number | null;
  folds: number;
}

export interface Backtest {
  candidate: string;
  purge_rows: number;
  /** Of a study's winner: how the folds lie to the rows that chose its config. Missing in runs of earlier releases. */
  choice?: "before" | "inside" | null;
  folds: {
    parts: Record<"train" | "validation" | "test", { rows: number; start: string; end: string }>;
    contenders: { name: string; metrics: MetricValues }[];
  }[];
  contenders: { name: string; rmse: Spread; mase: Spread; coverage: Spread; beaten_in: number | null }[];
}

export interface ActualPredicted {
  contender: string;
  baseline: string;
  origins: number;
  actual: number[];
  predicted: number[];
  baseline_predicted: number[];
}

export interface Residuals {
  contender: string;
  baseline: string;
  unit: string;
  origins: number;
  mean: number | null;
  standard_deviation: number | null;
  histogram: { edges: number[]; counts: number[] };
  qq: { normal: number[]; error: number[] };
  over_time: { at: string[]; error: number[] };
  autocorrelation: number[];
  autocorrelation_bound: number | null;
  baseline_autocorrelation: number[];
  ljung_box: { lags: number; statistic: number; p: number } | null;
}

export interface SliceRow {
  value: number;
  errors: number;
  rmse: number;
  baseline_rmse: number;
  skill: number | null;
}

export interface Slices {
  contender: string;
  baseline: string;
  unit: string;
  slices: { by: string; rows: SliceRow[] }[];
}

export interface Importance {
  unit: string;
  reach: number;
  origins: number;
  repeats: number;
  rmse: number;
  left_out: string[];
  inputs: { name: string; increase: number; spread: number; share: number | null }[];
}

export interface Shapley {
  unit: string;
  origins: number;
  orders: number;
  inputs: { name: string; mean_absolute: number; order_spread: number }[];
}

export interface Saliency {
  patch: { height: number; width: number };
  images: { name: string; truth: string; answer: string; probability: number; png: string; falls: number[][] }[];
}

export interface ClassMetrics {
  name: string;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  support: number;
  answered: number;
}

export interface Confusion {
  classes: string[];
  contender: string;
  counts: number[][];
  baseline: string;
  baseline_counts: number[][];
}

export interface PerClass {
  contender: string;
  rows: ClassMetrics[];
  baseline: string;
  baseline_rows: ClassMetrics[];
}

export interface Bin {
  low: number;
  high: number;
  count: number;
  confidence: number | null;
  accuracy: number | null;
}

export interface Reliability {
  contender: string;
  bins: Bin[];
  ece: number;
  uncalibrated_bins: Bin[] | null;
  ece_uncalibrated: number | null;
  baseline: string;
  baseline_bins: Bin[];
  baseline_ece: number;
}

export interface Mistake {
  name: string;
  truth: string;
  answer: string;
  probability: number;
  probability_of_truth: number;
  png: string;
}

export interface Mistakes {
  contender: string;
  wrong: number;
  examples: number;
  height: number;
  width: number;
  images: Mistake[];
}

/** The shape of each figure that has a card of its own, by name. */
export interface Figures {
  forecast: Forecast;
  backtest: Backtest;
  actual_predicted: ActualPredicted;
  residuals: Residuals;
  slices: Slices;
  importance: Importance;
  shapley: Shapley;
  saliency: Saliency;
  confusion: Confusion;
  per_class: PerClass;
  reliability: Reliability;
  mistakes: Mistakes;
}
