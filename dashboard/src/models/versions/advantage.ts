import type { MetricFacts, MetricValues } from "../../api/evaluation";
import type { TaskKind } from "../../api/types";
import { isKnown } from "../../evaluation/metrics";

export interface Advantage {
  metric: MetricFacts;
  /** `points`: the metric less that of the best baseline. A ratio to an error rate near zero would be meaningless. */
  measure: "ratio" | "points" | "difference";
  value: number;
}

/**
 * A version compared with the best baseline of its run, by the metric that ranks the task: as a difference where rows
 * are independent examples, otherwise as the skill that the platform computed.
 */
export function advantageOf(metrics: MetricValues | null, kind: TaskKind | undefined): Advantage | null {
  const metric = kind?.metrics.find(({ name }) => name === kind.ranked_by);
  const skill = metrics?.["skill"];
  if (metric?.pairing?.rows === "examples") {
    const [ours, theirs] = [metrics?.[metric.name], metrics?.[`baseline_${metric.name}`]];
    if (!isKnown(ours) || !isKnown(theirs)) return null;
    return metric.format === "number" ? { metric, measure: "difference", value: ours - theirs } : { metric, measure: "points", value: (ours - theirs) * (metric.format === "percent" ? 1 : 100) };
  }
  return metric && isKnown(skill) ? { metric, measure: "ratio", value: skill } : null;
}
