// Metrics in readable form. The API states the name, direction, unit and format of each; no metric is hard-coded here.
import { useMemo } from "react";
import { useTranslation } from "react-i18next";

import type { Evaluation, MetricFacts, MetricValues } from "../api/evaluation";
import type { Formats } from "../language/format";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";

type Value = number | null | undefined;

const FIRST_SCORES = 4;

export function isKnown(value: Value): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Return the best value of a column; null if the metric has no direction or no value is known. */
export function best(values: readonly Value[], direction: MetricFacts["direction"]): number | null {
  const known = values.filter(isKnown);
  if (direction === "none" || known.length === 0) return null;
  return direction === "lower" ? Math.min(...known) : Math.max(...known);
}

/** Return the number of decimals that keeps the values of a column distinct: about four significant digits of its smallest. */
export function columnDecimals(values: readonly Value[]): number {
  const sizes = values.filter(isKnown).filter((value) => value !== 0).map(Math.abs);
  if (sizes.length === 0) return 2;
  return Math.min(6, Math.max(0, 3 - Math.floor(Math.log10(Math.min(...sizes)))));
}

/** The unit in which a metric is stated; `target` is that of the predicted values. */
export function unitOf({ unit }: Pick<MetricFacts, "unit">, target: string): string {
  if (unit === "target") return target;
  return unit === "target_squared" && target !== "" ? `${target}²` : "";
}

/** The ends of a metric's interval, which evaluations contain as `<name>_low` and `<name>_high`. */
export function intervalOf(metrics: MetricValues, name: string): [low: number, high: number] | null {
  const [low, high] = [metrics[`${name}_low`], metrics[`${name}_high`]];
  return isKnown(low) && isKnown(high) ? [low, high] : null;
}

export const metricOf = (evaluation: Pick<Evaluation, "metrics">, name: string): MetricFacts | undefined =>
  evaluation.metrics.find((metric) => metric.name === name);

/** The title of a metric that a figure names; its name where the evaluation lacks it. */
export function titleOf(evaluation: Pick<Evaluation, "metrics"> | null, name: string, language: string): string {
  const metric = evaluation?.metrics.find((each) => each.name === name);
  return metric ? heading(metric, language) : name;
}

/** The metrics that tables show, in the order of the evaluation. */
export const shownMetrics = (evaluation: Pick<Evaluation, "metrics">): MetricFacts[] => evaluation.metrics.filter(({ detail }) => detail !== "hidden");

/** Shares with a sign are relative to the best baseline, so they accompany every other metric. */
export const isRelative = ({ format }: MetricFacts): boolean => format === "signed_share";

/** Return the few metrics that are shown with a verdict: the gate's, then the most important of the rest. */
export function firstMetrics(evaluation: Pick<Evaluation, "metrics" | "gate_metric">): MetricFacts[] {
  const main = evaluation.metrics.filter((metric) => metric.detail === "main" && !isRelative(metric) && metric.name !== evaluation.gate_metric);
  const gate = metricOf(evaluation, evaluation.gate_metric);
  return [...(gate ? [gate] : []), ...main].slice(0, FIRST_SCORES);
}

/** Write a value in the metric's format. `decimals` aligns the plain numbers of a column. */
export function showMetric({ number, fixed, percent, duration, bytes }: Formats, metric: MetricFacts, value: Value, decimals?: number): string {
  if (metric.unit === "seconds") return duration(value);
  if (metric.unit === "bytes") return bytes(value);
  if (metric.format === "percent") return percent(isKnown(value) ? value / 100 : null, metric.digits ?? 1);
  if (metric.format !== "number") return percent(value, metric.digits ?? 1, isRelative(metric));
  const places = metric.digits ?? decimals;
  return places === undefined ? number(value) : fixed(value, places);
}

/** A title as a heading begins it: "log loss" → "Log loss". */
function heading(metric: Pick<MetricFacts, "name" | "title">, language: string): string {
  const title = inLanguage(metric.title, language) || metric.name;
  return title.charAt(0).toLocaleUpperCase(language) + title.slice(1);
}

/** Titles and values of metrics in the reader's language. */
export function useMetrics() {
  const { i18n } = useTranslation();
  const formats = useFormats();
  return useMemo(
    () => ({
      title: (metric: MetricFacts) => heading(metric, i18n.language),
      hint: (metric: MetricFacts) => inLanguage(metric.hint, i18n.language),
      titled: (metric: MetricFacts, target: string) => {
        const unit = unitOf(metric, target);
        return heading(metric, i18n.language) + (unit === "" ? "" : ` (${unit})`);
      },
      show: (metric: MetricFacts, value: Value, decimals?: number) => showMetric(formats, metric, value, decimals),
      range: (metric: MetricFacts, metrics: MetricValues) => {
        const ends = intervalOf(metrics, metric.name);
        return ends === null ? null : `${showMetric(formats, metric, ends[0])} – ${showMetric(formats, metric, ends[1])}`;
      },
    }),
    [formats, i18n.language],
  );
}
