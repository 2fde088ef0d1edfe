import type { Plugin } from "../../api/types";

/** Working pipelines and agents; a pipeline that learns comes before the baselines. */
export function choosable(plugins: readonly Plugin[]): Plugin[] {
  const works = (plugin: Plugin) => !plugin.error;
  const pipelines = plugins.filter((plugin) => plugin.kind === "pipeline" && works(plugin));
  return [...pipelines, ...plugins.filter((plugin) => plugin.kind === "agent" && works(plugin))];
}

/** The wanted one where it exists, else the platform's own forecaster, else the first. */
export function firstPlugin(usable: readonly Plugin[], wanted: string | null): string {
  const find = (name: string | null) => usable.find((plugin) => plugin.name === name)?.name;
  return find(wanted) ?? find("forecasting.lstm") ?? usable[0]?.name ?? "";
}
