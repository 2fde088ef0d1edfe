import type { DatasetVersion, Plugin } from "../../api/types";

/** Working pipelines and agents; a pipeline that learns comes before the baselines. */
export function choosable(plugins: readonly Plugin[]): Plugin[] {
  const works = (plugin: Plugin) => !plugin.error;
  const pipelines = plugins.filter((plugin) => plugin.kind === "pipeline" && works(plugin));
  return [...pipelines, ...plugins.filter((plugin) => plugin.kind === "agent" && works(plugin))];
}

export type Kind = NonNullable<DatasetVersion["dataset_schema"]["kind"]>;

/** What a dataset version holds; null where there is none. */
export function dataKind(version: DatasetVersion | undefined): Kind | null {
  return version === undefined ? null : version.dataset_schema.kind;
}

/** What a plugin learns from; null where it takes no dataset, or says nothing of its task. */
export function kindOf(plugin: Plugin | null): Kind | null {
  if (plugin?.kind !== "pipeline") return null;
  return plugin.task === "classify" ? "images" : "series";
}

/** Pipelines that can learn from a dataset of this kind, and agents; all of them where none is named. */
export function fitting(plugins: readonly Plugin[], kind: Kind | null): Plugin[] {
  return kind === null ? [...plugins] : plugins.filter((plugin) => plugin.kind === "agent" || kindOf(plugin) === kind);
}

/** The wanted one where it exists, else the platform's own for series or for pictures, else the first. */
export function firstPlugin(usable: readonly Plugin[], wanted: string | null): string {
  const find = (name: string | null) => usable.find((plugin) => plugin.name === name)?.name;
  return find(wanted) ?? find("forecasting.lstm") ?? find("vision.cnn") ?? usable[0]?.name ?? "";
}
