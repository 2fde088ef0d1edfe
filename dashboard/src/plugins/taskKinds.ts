// The facts of task kinds, looked up by the name in a plugin, a version or a study.
import type { MetricFacts } from "../api/evaluation";
import type { Plugin, TaskKind } from "../api/types";

/** The facts of a task kind; undefined if no installed plugin provides it. */
export function taskKind(plugins: readonly Plugin[] | undefined, name: string | null | undefined): TaskKind | undefined {
  return plugins?.find((plugin) => plugin.kind === "task_kind" && plugin.name === name)?.task_kind ?? undefined;
}

/** A metric of any installed task kind. */
export function anyMetric(kinds: readonly TaskKind[] | undefined, name: string): MetricFacts | undefined {
  return kinds?.flatMap(({ metrics }) => metrics).find((metric) => metric.name === name);
}
