// Shapes of an evaluation and of the gate's verdict.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type MetricFacts = Schemas["MetricFacts"];

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

export type Verdict = Schemas["VerdictRecord"];

export type Headline = Verdict["headline"];

const HEADLINES: Record<Headline, true> = { promoted: true, approved: true, kept: true, baseline_promoted: true, baseline_unproven: true, baseline_barred: true, not_comparable: true };

/** A run's summary, which each kind of run fills as it likes, may hold the headline of its verdict. */
export const isHeadline = (value: unknown): value is Headline => typeof value === "string" && value in HEADLINES;
