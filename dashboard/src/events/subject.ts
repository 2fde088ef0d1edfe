// What an event is about, as a link.
import type { Paths } from "../routing/paths";
import type { LoggedEvent } from "./api";

const text = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

export function subjectOf({ data, type }: Pick<LoggedEvent, "data" | "type">, paths: Paths): { name: string; to: string | null } | null {
  const [run, model, dataset, name] = [text(data["run_id"]), text(data["model"]), text(data["dataset"]), text(data["name"])];
  const [study, automation, schedule] = [text(data["study_id"]), text(data["automation_id"]), text(data["schedule_id"])];
  if (type.startsWith("model.") || type.startsWith("prediction.")) return model === null ? null : { name: model, to: paths.model(model) };
  if (study !== null) return { name: name ?? study, to: paths.study(study) };
  if (schedule !== null) return { name: name ?? schedule, to: paths.schedule(schedule) };
  if (automation !== null) return { name: name ?? automation, to: paths.automation(automation) };
  if (run !== null) return { name: name ?? run, to: paths.run(run) };
  if (dataset !== null) return { name: dataset, to: paths.dataset(dataset) };
  const plain = name ?? text(data["person"]) ?? text(data["invitation"]);
  return plain === null ? null : { name: plain, to: null };
}

const HIDDEN = new Set(["run_id", "model", "dataset", "dataset_id", "study_id", "automation_id", "schedule_id", "name", "attempt", "kind", "person"]);

/** The other values of an event, as they are named in the API. */
export function detailsOf(data: LoggedEvent["data"]): readonly (readonly [string, string])[] {
  return Object.entries(data).flatMap(([name, value]) => (HIDDEN.has(name) || !(typeof value === "string" || typeof value === "number" || value === true) || value === "" ? [] : [[name, String(value)] as const]));
}
