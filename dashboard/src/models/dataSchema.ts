// The schema of the data that a version learned from.
import type { ModelDetail, ModelVersion } from "../api/types";
import type { RowZone } from "../language/format";

/** Return frequency and zone of a version's rows; null if rows have no time. */
export function rowZone(model: ModelDetail, number: number): RowZone | null {
  const schema = (model.version_list.find((each) => each.version === number) ?? model.version_list[0])?.data_schema;
  if (schema === undefined || schema.time === null) return null;
  return { frequency: schema.frequency, zone: schema.rhythm_timezone ?? schema.timezone };
}

/** Return the image classes of a version; null if its data are not images. */
export function imageClasses(version: Pick<ModelVersion, "data_schema"> | undefined): readonly string[] | null {
  const schema = version?.data_schema;
  return schema?.kind === "images" ? schema.classes : null;
}

/** The series that a version can predict: totals first, then single ones; empty if its data are one series. */
export function seriesNames(version: Pick<ModelVersion, "data_schema"> | undefined): readonly string[] {
  const groups = Object.entries(version?.data_schema.groups ?? {});
  const totals = groups.length > 0 ? ["total", ...groups.flatMap(([column, found]) => Object.keys(found).map((group) => `${column}=${group}`))] : [];
  return [...totals, ...(version?.data_schema.series_names ?? [])];
}

/** The columns that a version learned as known ahead of the rows to predict. */
export function knownAhead(version: Pick<ModelVersion, "config"> | undefined): readonly string[] {
  const named = version?.config["known_ahead"];
  return Array.isArray(named) ? named.filter((column): column is string => typeof column === "string") : [];
}
