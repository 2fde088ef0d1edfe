// What the platform computed on the test part: every contender beside every other, and the gate's verdict.

export type MetricName = "rmse" | "mae" | "mase" | "smape" | "r2" | "r2_change" | "coverage" | "crps" | "width" | "skill";
/** Of classifiers; shares but for the log loss. */
export type ClassMetricName = "accuracy" | "accuracy_low" | "accuracy_high" | "error_rate" | "macro_f1" | "log_loss" | "ece" | "ece_uncalibrated";
export type MetricValues = Partial<Record<MetricName | ClassMetricName, number | null>>;

export interface Contender {
  name: string;
  role: "candidate" | "baseline" | "champion";
  rank: number;
  metrics: MetricValues;
  horizons: (MetricValues & { horizon: number })[];
  /** Pinball loss by quantile level. */
  pinball?: Record<string, number>;
  seconds?: number | null;
}

export interface Comparison {
  a: string;
  b: string;
  metric: string;
  relative_difference: number | null;
  low: number | null;
  high: number | null;
  level: number;
  better: boolean;
  /** By language, as people read it; evaluations of earlier releases have none. */
  shown?: Record<string, { measure: string; change: string; low: string; high: string }>;
}

export interface PartRange {
  rows: number;
  start: string;
  end: string;
  origins?: number;
}

export interface Evaluation {
  kind: string;
  target: string;
  unit: string;
  frequency: string | null;
  /** Of the rows; missing in runs of earlier releases. */
  timezone?: string;
  season: number;
  horizon: number;
  parts: Record<"train" | "validation" | "test", PartRange>;
  contenders: Contender[];
  best_baseline: string;
  winner: string;
  comparisons: Comparison[];
  /** At how many origins the guard against looking ahead tried the candidate. */
  guarded?: { tried: number; of: number };
  shown_horizons: number[];
  series?: SeriesScores;
}

/** Of several series each by itself; the worst first. */
export interface SeriesScores {
  column: string;
  candidate: string;
  count: number;
  better: number;
  worst: string | null;
  rows: {
    series: string;
    origins: number;
    mase: number | null;
    rmse: number | null;
    coverage: number | null;
    baseline_mase: number | null;
    baseline_rmse: number | null;
    skill: number | null;
  }[];
  left_out: { series: string; part: "train" | "validation" | "test"; why: "few_rows" | "no_window" | "constant" | "ended"; rows: number; needed: number }[];
}

export const HEADLINES = ["promoted", "approved", "kept", "baseline_promoted", "baseline_unproven", "baseline_barred", "not_comparable"] as const;
export type Headline = (typeof HEADLINES)[number];

export const isHeadline = (value: unknown): value is Headline => HEADLINES.some((one) => one === value);

export interface Verdict {
  decision: "promoted" | "approved" | "kept" | "baseline_promoted" | "not_comparable";
  /** The decision, or why a candidate that ranks first does not take the title. */
  headline?: Headline;
  champion: string;
  /** Who may take the title, where the policy leaves promotions to people. */
  approved?: string | null;
  reasons: { code: string; params: Record<string, unknown>; text: Record<string, string> }[];
}

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

/** In which direction a metric is better; coverage is best where it meets the interval's level, and a width means nothing without it. */
export const LOWER_IS_BETTER: Record<MetricName, boolean | null> = {
  rmse: true,
  mae: true,
  mase: true,
  smape: true,
  r2: false,
  skill: false,
  coverage: null,
  r2_change: false,
  crps: true,
  width: null,
};

/** Metrics in the unit of the data, whose column shows it. */
export const IN_UNIT: readonly MetricName[] = ["rmse", "mae", "crps", "width"];
/** Metrics that are shares; shown in percent. */
export const SHARES: readonly MetricName[] = ["coverage", "skill"];

/** The best of a column, or null where the direction means nothing or nobody has a value. */
export function best(values: readonly (number | null | undefined)[], metric: MetricName): number | null {
  const lower = LOWER_IS_BETTER[metric];
  const known = values.filter((value): value is number => typeof value === "number" && Number.isFinite(value));
  if (lower === null || known.length === 0) return null;
  return lower ? Math.min(...known) : Math.max(...known);
}

/** Decimals that let a column's figures be told apart: about four significant digits of its smallest. */
export function columnDecimals(values: readonly (number | null | undefined)[]): number {
  const sizes = values.filter((value): value is number => typeof value === "number" && value !== 0).map(Math.abs);
  if (sizes.length === 0) return 2;
  return Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.min(...sizes)))));
}
