// A stored automation as the inputs of the form, and the filters as a person types them.
import type { Automation, AutomationStep, AutomationWhen, FieldFilter } from "../../../api/types";
import { typedOf, zones, type TypedTiming } from "../../timing";
import { STEPS, type TypedAutomation, type TypedFilter, type TypedStep, type TypedWhen } from "./typed";

export const FIRST_STEP: Omit<TypedStep, "key"> = { do: "refresh", dataset: "", model: "", plugin: "", body: "", to: [], text: "", version: "", alias: "champion", retries: "0", goesOn: false };

/** Return the form inputs of a new automation. */
export function firstTyped(): TypedAutomation {
  return {
    name: "",
    when: {
      on: "event",
      type: "dataset.version_added",
      filters: [{ field: "", value: "" }],
      measure: "",
      of: "",
      side: "above",
      limit: "",
      holdMinutes: "0",
      everySeconds: 300,
      timing: { way: "daily", clock: "06:30", days: "*", every: "6", unit: "hours", cron: "30 6 * * 1-5", timezone: zones()[0] ?? "UTC" },
    },
    steps: [{ ...FIRST_STEP, key: 0 }],
    coolDown: "60",
    mostPerDay: "24",
    paused: false,
  };
}

/** Convert a stored automation to form inputs. Fields without an input are kept and sent back. */
export function typedAutomation(stored: Automation): TypedAutomation {
  return {
    name: stored.name,
    when: typedWhen(stored.when),
    steps: stored.steps.map((step, key) => typedStep(step, key)),
    coolDown: String(stored.cool_down_seconds),
    ...(stored.cool_down_group == null ? {} : { coolDownGroup: stored.cool_down_group }),
    mostPerDay: String(stored.most_per_day),
    paused: stored.paused,
  };
}

function typedWhen(when: AutomationWhen): TypedWhen {
  const first = firstTyped().when;
  if (when.on === "event") return { ...first, on: "event", type: when.type, filters: (when.where ?? []).map(typedFilter) };
  if (when.on === "schedule") {
    const timing: TypedTiming = typedOf({ cron: when.cron ?? null, interval: when.interval ?? null, timezone: when.timezone });
    return { ...first, on: "schedule", timing, ...(when.anchor_at == null ? {} : { anchorAt: when.anchor_at }) };
  }
  return {
    ...first,
    on: "measure",
    measure: when.measure,
    of: when.of ?? "",
    side: when.above == null ? "below" : "above",
    limit: String(when.above ?? when.below ?? ""),
    holdMinutes: String(when.for_seconds / 60),
    everySeconds: when.every_seconds,
  };
}

/** "load", "> 0.5", "< 3", "∈ {a, b}": the text in the input next to the field's name. */
export function typedFilter(filter: FieldFilter): TypedFilter {
  const { field, equals, one_of, above, below } = filter;
  const limits = [above == null ? "" : `> ${above}`, below == null ? "" : `< ${below}`].filter((each) => each !== "").join(" ");
  const value = one_of != null ? `∈ {${one_of.join(", ")}}` : limits !== "" ? limits : String(equals ?? "");
  return { field, value, stored: { filter, value } };
}

function typedStep(step: AutomationStep, key: number): TypedStep {
  const rules = { key, retries: String(step.retries), goesOn: step.on_failure === "continue" };
  const typed: TypedStep = { ...FIRST_STEP, ...rules, do: step.do };
  switch (step.do) {
    case "notify":
      return { ...typed, to: step.to, text: step.text ?? "" };
    case "promote":
      return { ...typed, model: step.model, version: String(step.version), alias: step.alias };
    case "roll_back":
      return { ...typed, model: step.model, alias: step.alias };
    case "study":
      return { ...typed, body: JSON.stringify(step.study) };
    default: {
      const { plugin, dataset, model, config, ...rest } = step.run ?? {};
      const body = STEPS[step.do].includes("body");
      const kept = body || config === undefined ? rest : { ...rest, config };
      const shown = body && config != null ? JSON.stringify(config) : "";
      return { ...typed, plugin: textOf(plugin), dataset: textOf(dataset), model: textOf(model), body: shown, stored: { do: step.do, run: kept } };
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
