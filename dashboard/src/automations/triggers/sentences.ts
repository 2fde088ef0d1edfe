// The trigger and the steps of an automation in words. Names of events, fields and steps are not translated.
import type { TFunction } from "i18next";

import type { AutomationStep, AutomationWhen, FieldFilter } from "../../api/types";

/** "model = co2 · loss > 2": all filters must hold. */
export function filtersOf(where: readonly FieldFilter[]): string[] {
  return where.flatMap(({ field, equals, one_of, above, below }) => [
    ...(equals !== undefined && one_of == null && above == null && below == null ? [`${field} = ${String(equals)}`] : []),
    ...(equals != null && (one_of != null || above != null || below != null) ? [`${field} = ${String(equals)}`] : []),
    ...(one_of != null ? [`${field} ∈ {${one_of.join(", ")}}`] : []),
    ...(above != null ? [`${field} > ${above}`] : []),
    ...(below != null ? [`${field} < ${below}`] : []),
  ]);
}

/** "disk.used_share > 0.9" or "dataset.age_seconds (sales) > 86400". */
export function limitOf(when: Extract<AutomationWhen, { on: "measure" }>): string {
  const name = when.of == null ? when.measure : `${when.measure} (${when.of})`;
  return when.above != null ? `${name} > ${when.above}` : `${name} < ${String(when.below)}`;
}

/** Return the objects that a step acts on: the targets, the model, or the dataset and plugin of its run. */
export function objectOf(step: AutomationStep): string {
  switch (step.do) {
    case "notify":
      return step.to.join(", ");
    case "promote":
      return `${step.model} v${step.version} → ${step.alias}`;
    case "roll_back":
      return `${step.model} (${step.alias})`;
    case "study":
      return namesOf(step.study);
    default:
      return namesOf(step.run ?? {});
  }
}

function namesOf({ model, dataset, plugin }: { model?: string | null; dataset?: string | null; plugin?: string | null }): string {
  const found = [model, dataset, plugin].filter((value) => typeof value === "string");
  return [...new Set(found)].join(" · ");
}

/** Return the cause of a firing in words: "event:41" is line 41 of the project's log. */
export function causeOf(cause: string, t: TFunction, moment: (at: string) => string): string {
  const [kind = "", ...rest] = cause.split(":");
  const value = rest.join(":");
  if (kind === "event") return t("automations.causes.event", { number: value });
  if (kind === "time") return t("automations.causes.time", { time: moment(value) });
  if (kind === "measure") return t("automations.causes.measure", { time: moment(value) });
  if (kind === "asked") return t("automations.causes.asked");
  return cause;
}
