import type { ModelDetail } from "../api/types";
import type { RowZone } from "../language/format";

/** How rows of a version follow one another, and in which zone; null where its data have no rows in time. */
export function rowZone(model: ModelDetail, number: number): RowZone | null {
  const schema = (model.version_list.find((each) => each.version === number) ?? model.version_list[0])?.data_schema;
  if (schema === undefined || schema["kind"] === "images") return null;
  const text = (name: string) => (typeof schema[name] === "string" ? schema[name] : null);
  return { frequency: text("frequency"), zone: text("rhythm_timezone") ?? text("timezone") ?? "UTC" };
}
