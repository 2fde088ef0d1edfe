// Evaluations and a verdict, for tests.
import type { Contender, Evaluation, MetricFacts, MetricValues, Verdict } from "../api/evaluation";

export function sampleMetric(name: string, fields: Partial<MetricFacts> = {}): MetricFacts {
  return { name, title: { en: name.toUpperCase() }, hint: {}, direction: "lower", unit: "none", format: "number", digits: null, detail: "main", pairing: null, ...fields };
}

const part = { rows: 100, start: "1990-01-01T00:00:00Z", end: "1999-01-01T00:00:00Z", origins: null, classes: null, rows_sha256: null };

function contender(name: string, role: Contender["role"], rank: number, metrics: MetricValues, seconds: number | null = null): Contender {
  const horizons = [1, 8].map((horizon) => ({ horizon, metrics: { rmse: metrics["rmse"] ?? null, coverage: 0.9 } }));
  return { name, role, rank, metrics, seconds, horizons, classes: [], pinball: {}, intervals: [] };
}

/** A forecast: one metric at a time, by horizon. */
export const sampleEvaluation: Evaluation = {
  kind: "forecast",
  target: "co2",
  unit: "ppm",
  metrics: [
    sampleMetric("rmse", { unit: "target", hint: { en: "Root of the mean squared error." }, pairing: { rows: "origins", mean: "root", binary: false } }),
    sampleMetric("r2", { title: { en: "R²" }, direction: "higher", digits: 4 }),
    sampleMetric("coverage", { title: { en: "Coverage", tr: "Kapsama" }, direction: "none", format: "share" }),
    sampleMetric("skill", { title: { en: "Skill" }, direction: "higher", format: "signed_share" }),
    sampleMetric("variance", { detail: "hidden" }),
  ],
  ranked_by: "rmse",
  gate_metric: "rmse",
  frequency: "1w",
  timezone: null,
  season: 52,
  horizon: 8,
  parts: { train: part, validation: part, test: { ...part, origins: 330 } },
  contenders: [
    contender("forecasting.ridge", "baseline", 2, { rmse: 0.431, r2: 0.998, coverage: 0.88, skill: 0 }),
    contender("forecasting.lstm", "candidate", 1, { rmse: 0.412, r2: 0.999, coverage: 0.9, skill: 0.044 }, 38),
    contender("forecasting.naive", "baseline", 3, { rmse: 1.3, r2: 0.97, coverage: null, skill: -2 }),
  ],
  best_baseline: "forecasting.ridge",
  winner: "forecasting.lstm",
  comparisons: [
    { a: "forecasting.lstm", b: "forecasting.ridge", metric: "rmse", relative_difference: -0.044, difference: -0.019, score_a: 0.412, score_b: 0.431, low: -0.06, high: -0.02, level: 0.95, origins: 330, pieces: 41.5, margin: 0, better: true, shown: { en: { measure: "RMSE", change: "-4.4 %", low: "-6 %", high: "-2 %" }, tr: { measure: "RMSE", change: "-%4,4", low: "-%6", high: "-%2" } } },
  ],
  failed: [],
  pretraining: null,
  suspicious: [],
  findings: [],
  hierarchy: null,
  incumbent: null,
  guarded: { tried: 40, of: 330 },
  judged_horizon: 8,
  shown_horizons: [1, 8],
  series: null,
  composition: null,
  classes: null,
  image: null,
};

export const sampleVerdict: Verdict = {
  decision: "promoted",
  headline: "promoted",
  approved: null,
  measured: { latency_ms: null, bytes: null },
  policy: { number: 1, metric: null, margin: 0, margin_kind: "relative", slices: [], max_latency_ms: null, max_bytes: null, automatic: true, approvals: 0, unknown_slices: "block" },
  slices: [],
  champion: "forecasting.lstm",
  reasons: [{ code: "no_champion_before", params: {}, text: { en: "There was no champion before.", tr: "Daha önce bir şampiyon yoktu." } }],
};

