// Shapes of an evaluation and of the gate's verdict.

/** A text by language code. */
export type Texts = Record<string, string>;

export interface MetricFacts {
  name: string;
  title: Texts;
  hint: Texts;
  direction: "lower" | "higher" | "none";
  unit: "target" | "target_squared" | "seconds" | "bytes" | "none";
  format: "number" | "share" | "signed_share" | "percent";
  digits: number | null;
  detail: "main" | "more" | "hidden";
  pairing: { rows: "origins" | "examples"; mean: "arithmetic" | "root"; binary: boolean } | null;
}

export type MetricValues = Record<string, number | null>;

export interface Contender {
  name: string;
  role: "candidate" | "baseline" | "champion";
  rank: number;
  metrics: MetricValues;
  seconds: number | null;
  horizons: { horizon: number; metrics: MetricValues }[];
}

export interface Comparison {
  a: string;
  b: string;
  metric: string;
  level: number;
  better: boolean;
  /** By language, as people read it. */
  shown: Record<string, { measure: string; change: string; low: string; high: string }>;
}

export interface PartSummary {
  rows: number;
  start: string | null;
  end: string | null;
  origins: number | null;
}

export interface Evaluation {
  kind: string;
  target: string;
  unit: string;
  metrics: MetricFacts[];
  ranked_by: string;
  gate_metric: string;
  parts: Record<string, PartSummary>;
  contenders: Contender[];
  best_baseline: string;
  winner: string;
  comparisons: Comparison[];
  guarded: { tried: number; of: number };
  frequency: string | null;
  timezone: string | null;
  season: number | null;
  horizon: number | null;
  shown_horizons: number[];
  series: SeriesTable | null;
}

export interface SeriesTable {
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
  reasons: { code: string; params: Record<string, unknown>; text: Texts }[];
}
