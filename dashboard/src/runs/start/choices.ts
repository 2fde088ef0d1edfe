import type { DatasetVersion, Plugin } from "../../api/types";
import { taskKind } from "../../plugins/taskKinds";

/** Return working pipelines and agents; learning pipelines come before the baselines. */
export function choosable(plugins: readonly Plugin[]): Plugin[] {
  const works = (plugin: Plugin) => !plugin.error;
  const pipelines = plugins.filter((plugin) => plugin.kind === "pipeline" && works(plugin));
  return [...pipelines, ...plugins.filter((plugin) => plugin.kind === "agent" && works(plugin))];
}

/** Return the kind of data in a dataset version; null without a version. */
export function dataOf(version: DatasetVersion | undefined): string | null {
  return version?.dataset_schema.kind ?? null;
}

/** The kind of data that a plugin learns from; null if it needs no dataset or its task kind is not installed. */
export function neededData(plugin: Plugin | null, plugins: readonly Plugin[]): string | null {
  return plugin?.kind === "pipeline" ? (taskKind(plugins, plugin.task)?.data ?? null) : null;
}

/** The choosable plugins that can learn from this kind of data, and agents; all of them if no kind is given. */
export function fitting(plugins: readonly Plugin[], data: string | null): Plugin[] {
  const all = choosable(plugins);
  return data === null ? all : all.filter((plugin) => plugin.kind === "agent" || [null, data].includes(neededData(plugin, plugins)));
}

/** Return the wanted plugin if it exists, otherwise the default of the first task kind that has one, otherwise the first plugin. */
export function firstPlugin(usable: readonly Plugin[], plugins: readonly Plugin[], wanted: string | null): string {
  const find = (name: string | null | undefined) => usable.find((plugin) => plugin.name === name)?.name;
  const usual = usable.map((plugin) => find(taskKind(plugins, plugin.task)?.pipeline)).find((name) => name !== undefined);
  return find(wanted) ?? usual ?? usable[0]?.name ?? "";
}
