// Shapes of an evaluation and of the gate's verdict.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type MetricFacts = Schemas["MetricFacts"];

export type MetricValues = Record<string, number | null>;

export type Contender = Schemas["ContenderScores"];

export type Comparison = Schemas["ComparisonScores"];

export type PartSummary = Schemas["PartSummary"];

export type Evaluation = Schemas["Evaluation"];

export type Composition = Schemas["Composition"];

export type SeriesTable = Schemas["SeriesTable"];

export type Verdict = Schemas["VerdictRecord"];

export type Headline = Verdict["headline"];

const HEADLINES: Record<Headline, true> = { promoted: true, approved: true, kept: true, baseline_promoted: true, baseline_unproven: true, baseline_barred: true, withheld: true, not_comparable: true };

/** A run's summary, which each kind of run fills as it likes, may hold the headline of its verdict. */
export const isHeadline = (value: unknown): value is Headline => typeof value === "string" && value in HEADLINES;
