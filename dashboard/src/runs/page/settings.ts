// The settings of a run, and how they differ from those of the run that was copied.
import type { RunDetail } from "../../api/types";

/** Config, and the fields outside of it that a copy may change. */
export function settingsOf(run: RunDetail): Record<string, unknown> {
  const more = { plugin: run.plugin, dataset: run.dataset_name, dataset_version: run.dataset_version, model: run.model, seed: run.seed, threads: run.threads };
  return { ...run.config, ...(run.kind === "external" ? {} : Object.fromEntries(Object.entries(more).filter(([name, value]) => value !== null && !(name in run.config)))) };
}

/** The former values of the settings that differ; undefined where the copied run lacks one. */
export function differencesOf(settings: Record<string, unknown>, before: Record<string, unknown>): Map<string, unknown> {
  const names = [...new Set([...Object.keys(settings), ...Object.keys(before)])];
  return new Map(names.filter((name) => JSON.stringify(settings[name]) !== JSON.stringify(before[name])).map((name) => [name, before[name]]));
}
