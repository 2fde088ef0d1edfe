// What a run says about its errors and its inputs, and how that is asked for.
import { queryOptions } from "@tanstack/react-query";

import { get, part } from "../../api/client";

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

interface Figures {
  actual_predicted: ActualPredicted;
  residuals: Residuals;
  slices: Slices;
  importance: Importance;
  shapley: Shapley;
  saliency: Saliency;
}

export function explanationQuery<Name extends keyof Figures>(id: string, name: Name, figures: readonly string[]) {
  return queryOptions({
    queryKey: ["run", id, "figure", name],
    queryFn: ({ signal }) => get<Figures[Name]>(`/runs/${part(id)}/figures/${name}`, {}, signal),
    enabled: figures.includes(name),
    staleTime: 60_000,
  });
}

/** The normal law with the errors' own mean and spread, as counts a bin would hold. */
export function normalCounts(residuals: Residuals): number[] {
  const { mean, standard_deviation: spread, histogram } = residuals;
  if (mean === null || spread === null || spread <= 0) return [];
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  return histogram.counts.map((_, bin) => {
    const [from, to] = [histogram.edges[bin] ?? 0, histogram.edges[bin + 1] ?? 0];
    const distance = ((from + to) / 2 - mean) / spread;
    return (total * (to - from) * Math.exp(-0.5 * distance * distance)) / (spread * Math.sqrt(2 * Math.PI));
  });
}

/** From data to a box of `size` pixels; a range of nothing lies in the middle. */
export function scale(low: number, high: number, size: number): (value: number) => number {
  return (value) => (high > low ? ((value - low) / (high - low)) * size : size / 2);
}
