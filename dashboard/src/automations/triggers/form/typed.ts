// Conversion of the automation form's inputs to an API request. The server checks everything else.
import type { AutomationRequest, AutomationStep, FieldFilter } from "../../../api/types";
import { readTiming, type TypedTiming } from "../../timing";

export type On = AutomationRequest["when"]["on"];
/** A trial is started by its study only, a collector from the page of its feed, a learner from its own page: the form offers none of them. */
export type Do = AutomationStep["do"];

type StudyBody = Extract<AutomationStep, { do: "study" }>["study"];

/** The inputs of each step. */
export const STEPS: Readonly<Record<Do, readonly StepInput[]>> = {
  refresh: ["dataset"],
  forecast: ["model", "dataset"],
  predict: ["model", "dataset"],
  train: ["plugin", "dataset", "model", "body"],
  agent: ["plugin", "dataset", "body"],
  trial: [],
  collect: [],
  learn: [],
  study: ["body"],
  notify: ["to", "text"],
  promote: ["model", "version", "alias"],
  roll_back: ["model", "alias"],
};
export type StepInput = "dataset" | "model" | "plugin" | "body" | "to" | "text" | "version" | "alias";

/** Events that are often awaited; any other type can be typed. */
export const EVENTS = ["dataset.version_added", "model.drift", "model.promoted", "model.version_added", "run.state", "prediction.judged", "automation.finished", "notification.failed"] as const;

/** A condition on a field; `stored` is the original condition, sent back if nothing was typed. */
export interface TypedFilter {
  field: string;
  value: string;
  stored?: { filter: FieldFilter; value: string };
}

export interface TypedWhen {
  on: On;
  type: string;
  filters: readonly TypedFilter[];
  measure: string;
  of: string;
  side: "above" | "below";
  limit: string;
  holdMinutes: string;
  everySeconds: number;
  timing: TypedTiming;
  anchorAt?: string;
}

export interface TypedStep {
  key: number;
  do: Do;
  dataset: string;
  model: string;
  plugin: string;
  body: string;
  to: readonly string[];
  text: string;
  version: string;
  alias: string;
  retries: string;
  goesOn: boolean;
  /** Fields of the stored run that have no input; kept as long as the step's action does not change. */
  stored?: { do: Do; run: Readonly<Record<string, unknown>> };
}

export interface TypedAutomation {
  name: string;
  when: TypedWhen;
  steps: readonly TypedStep[];
  coolDown: string;
  /** Has no input; an automation that has one keeps it. */
  coolDownGroup?: string;
  mostPerDay: string;
  paused: boolean;
}

/** Which input is wrong: "limit", "timing", "body 2". */
export type Read = { request: AutomationRequest } | { fault: string };

export function readAutomation(typed: TypedAutomation): Read {
  const when = readWhen(typed.when);
  if ("fault" in when) return when;
  const steps: AutomationStep[] = [];
  for (const [index, step] of typed.steps.entries()) {
    const read = readStep(step);
    if (read === null) return { fault: `body ${index + 1}` };
    steps.push(read);
  }
  return {
    request: {
      name: typed.name.trim(),
      when: when.when,
      steps,
      cool_down_seconds: whole(typed.coolDown),
      ...(typed.coolDownGroup === undefined ? {} : { cool_down_group: typed.coolDownGroup }),
      most_per_day: whole(typed.mostPerDay),
      paused: typed.paused,
    },
  };
}

export function readWhen(typed: TypedWhen): { when: AutomationRequest["when"] } | { fault: string } {
  if (typed.on === "schedule") {
    const read = readTiming(typed.timing);
    return "fault" in read ? { fault: "timing" } : { when: { on: "schedule", timezone: typed.timing.timezone, ...read.timing, ...(typed.anchorAt === undefined ? {} : { anchor_at: typed.anchorAt }) } };
  }
  if (typed.on === "event") {
    const where = typed.filters.filter(({ field }) => field.trim() !== "").map(readFilter);
    return { when: { on: "event", type: typed.type.trim(), where } };
  }
  const limit = Number(typed.limit.replace(",", "."));
  if (typed.limit.trim() === "" || !Number.isFinite(limit)) return { fault: "limit" };
  const of = typed.of.trim();
  return {
    when: { on: "measure", measure: typed.measure, of: of === "" ? null : of, [typed.side]: limit, for_seconds: seconds(typed.holdMinutes), every_seconds: typed.everySeconds },
  };
}

/** Return the step; null if its JSON is invalid. */
function readStep(typed: TypedStep): AutomationStep | null {
  const rules = { retries: whole(typed.retries), on_failure: typed.goesOn ? "continue" : "stop" } as const;
  const body = bodyOf(typed.body);
  if (body === null) return null;
  switch (typed.do) {
    case "notify":
      return { do: "notify", to: [...typed.to], text: typed.text.trim() === "" ? null : typed.text.trim(), ...rules };
    case "promote":
      return { do: "promote", model: typed.model.trim(), version: /^\d+$/.test(typed.version.trim()) ? Number(typed.version) : typed.version.trim(), alias: typed.alias.trim(), ...rules };
    case "roll_back":
      return { do: "roll_back", model: typed.model.trim(), alias: typed.alias.trim(), ...rules };
    case "study":
      return isStudy(body) ? { do: "study", study: body, ...rules } : null;
    default: {
      const inputs = STEPS[typed.do];
      const named = Object.fromEntries((["plugin", "dataset", "model"] as const).filter((input) => inputs.includes(input) && typed[input].trim() !== "").map((input) => [input, typed[input].trim()]));
      const config = inputs.includes("body") && Object.keys(body).length > 0 ? { config: body } : {};
      const kept = typed.stored?.do === typed.do ? typed.stored.run : {};
      return { do: typed.do, run: { ...kept, ...named, ...config }, ...rules };
    }
  }
}

/** "> 3", "< 3", "> 1 < 3" and "∈ {a, b}" are conditions; everything else is a value. */
export function readFilter(typed: TypedFilter): FieldFilter {
  const field = typed.field.trim();
  if (typed.stored?.filter.field === field && typed.stored.value === typed.value) return typed.stored.filter;
  const text = typed.value.trim();
  const limits = /^(?:>\s*(-?\d+(?:\.\d+)?))?\s*(?:<\s*(-?\d+(?:\.\d+)?))?$/.exec(text);
  if (limits && text !== "") return { field, ...(limits[1] === undefined ? {} : { above: Number(limits[1]) }), ...(limits[2] === undefined ? {} : { below: Number(limits[2]) }) };
  const several = /^∈\s*\{(.+)\}$/.exec(text);
  return several?.[1] === undefined ? { field, equals: valueOf(text) } : { field, one_of: several[1].split(",").map(valueOf) };
}

/** Return whether the typed body has the required fields of a study; the server checks the rest. */
function isStudy(body: object): body is StudyBody {
  const given: Partial<Record<keyof StudyBody, unknown>> = body;
  return typeof given.plugin === "string" && typeof given.dataset === "string" && typeof given.space === "object" && given.space !== null;
}

/** Convert "true", "3" and "2.5" to a boolean or a number; everything else stays text. */
export function valueOf(typed: string): string | number | boolean {
  const text = typed.trim();
  if (text === "true" || text === "false") return text === "true";
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

function bodyOf(typed: string): Record<string, unknown> | null {
  if (typed.trim() === "") return {};
  try {
    const read: unknown = JSON.parse(typed);
    return typeof read === "object" && read !== null && !Array.isArray(read) ? (read as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function seconds(minutes: string): number {
  const value = Number(minutes.trim().replace(",", "."));
  return Number.isFinite(value) ? Math.round(value * 60) : 0;
}

function whole(typed: string): number {
  const value = Number(typed.trim());
  return Number.isFinite(value) ? Math.round(value) : 0;
}
