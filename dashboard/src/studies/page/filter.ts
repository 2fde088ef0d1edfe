// Filter and order of a study's trials.
import type { StudyDetail, Trial } from "../../api/types";
import { directionOf } from "../history";

export const TRIAL_STATES = ["complete", "pruned", "failed", "running"] as const;

export interface TrialFilter {
  text: string;
  state: string;
}

/** Seconds from the start of the trial's run to the end of the trial; null while it runs. */
export function secondsOf(trial: Trial): number | null {
  return trial.ended_at === null ? null : Math.max(0, (Date.parse(trial.ended_at) - Date.parse(trial.started_at ?? trial.created_at)) / 1000);
}

/** Whether a trial has the state and matches every word: part of a name or value, or `field=value`, `field<value`, `field>=value`. */
export function matches(trial: Trial, study: Pick<StudyDetail, "objectives">, { text, state }: TrialFilter): boolean {
  if (state !== "" && trial.state !== state) return false;
  const values: Record<string, unknown> = { ...trial.params, trial: trial.number };
  study.objectives.forEach(({ metric }, index) => { values[metric] = trial.scores?.[index]; });
  return text.trim().split(/\s+/).filter(Boolean).every((word) => {
    const found = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
    const name = found?.[1] ?? "";
    if (found === null || !(name in values)) return [...Object.entries(values).map(([key, value]) => `${key} ${said(value)}`), trial.worker ?? "", trial.error?.message ?? ""].some((one) => one.toLowerCase().includes(word.toLowerCase()));
    return compared(values[name], found[2] ?? "=", found[3] ?? "");
  });
}

const said = (value: unknown) => (value === undefined ? "" : typeof value === "string" ? value : JSON.stringify(value));

function compared(value: unknown, sign: string, wanted: string): boolean {
  if (value === undefined || value === null) return false;
  const other = Number(wanted.replace(",", "."));
  if (sign === "=") return said(value).toLowerCase() === wanted.toLowerCase() || value === other;
  if (typeof value !== "number" || Number.isNaN(other)) return false;
  return sign === "<" ? value < other : sign === ">" ? value > other : sign === "<=" ? value <= other : value >= other;
}

/** A column to sort by, such as "number", "seconds", "score 0" or "field learning_rate", and whether its largest value comes first. */
export interface TrialOrder {
  by: string;
  descending: boolean;
}

/** The order that shows the best trial first. */
export const bestFirst = (study: Pick<StudyDetail, "objectives">): TrialOrder => ({ by: "score 0", descending: directionOf(study) === "maximize" });

/** The trials in an order; those without a value come last in both directions. */
export function sorted(trials: readonly Trial[], { by, descending }: TrialOrder): Trial[] {
  const valueOf = valueFor(by);
  const keyed = trials.map((trial) => ({ trial, value: valueOf(trial) }));
  const sign = descending ? -1 : 1;
  keyed.sort((a, b) => {
    if (a.value === null || b.value === null) return a.value === b.value ? a.trial.number - b.trial.number : a.value === null ? 1 : -1;
    const order = typeof a.value === "number" && typeof b.value === "number" ? a.value - b.value : String(a.value).localeCompare(String(b.value), undefined, { numeric: true });
    return order === 0 ? a.trial.number - b.trial.number : sign * order;
  });
  return keyed.map(({ trial }) => trial);
}

function valueFor(by: string): (trial: Trial) => number | string | null {
  const [kind = "", ...rest] = by.split(" ");
  const name = rest.join(" ");
  switch (kind) {
    case "score":
      return ({ scores }) => scores?.[Number(name)] ?? null;
    case "field":
      return ({ params }) => {
        const value = params[name];
        return value === undefined || value === null ? null : typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value);
      };
    case "state":
      return ({ state }) => TRIAL_STATES.indexOf(state);
    case "seconds":
      return secondsOf;
    case "worker":
      return ({ worker }) => worker;
    default:
      return ({ number }) => number;
  }
}
