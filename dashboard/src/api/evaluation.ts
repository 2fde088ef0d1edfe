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
