// A run as its page shows it: a snapshot from the API, moved on by the events of the stream "run/<id>".
import { isRecord } from "../api/problem";
import type { LiveEvent, Metrics, RunDetail, RunError, RunState } from "../api/types";
import { curvesOf, merge, truncate, type Curves, type Point } from "./curves/curves";

export interface LiveRun {
  readonly run: RunDetail;
  readonly curves: Curves;
  readonly seq: number;
}

export const ENDED: readonly RunState[] = ["succeeded", "failed", "cancelled", "quarantined"];
export const hasEnded = (state: RunState) => ENDED.includes(state);

/** `run` was read before `metrics`, so points may arrive twice; merging by step makes that harmless. */
export function startLive(run: RunDetail, metrics: Metrics): LiveRun {
  return { run, curves: curvesOf(metrics), seq: run.last_event_seq };
}

export function applyEvents(live: LiveRun, events: readonly LiveEvent[]): LiveRun {
  return events.reduce((state, event) => (event.seq > state.seq ? applyEvent(state, event) : state), live);
}

function applyEvent(live: LiveRun, event: LiveEvent): LiveRun {
  const next = { ...live, seq: event.seq };
  const { data } = event;
  switch (event.type) {
    case "run.state":
      return { ...next, run: withState(live.run, data) };
    case "run.waiting":
      return { ...next, run: { ...live.run, waiting_on: Number(data["waiting_on"]) } };
    case "run.phase":
      // The share is the whole run's and stays; the rest was about the phase that ended.
      return { ...next, run: { ...live.run, progress: { done: 0, total: 0, note: "", share: live.run.progress.share, phase: text(data["name"]) } } };
    case "run.progress":
      return { ...next, run: { ...live.run, progress: { ...live.run.progress, ...data } } };
    case "run.metrics":
      return { ...next, curves: withPoints(live.curves, data["points"], data["times"]) };
    case "run.metrics_truncated":
      return { ...next, curves: truncate(live.curves, Number(data["after_step"]), data["series"]) };
    case "run.note":
      return { ...next, run: { ...live.run, notes: [...live.run.notes, text(data["markdown"]) ?? ""] } };
    case "run.figure":
      return { ...next, run: { ...live.run, figures: [...new Set([...live.run.figures, text(data["name"]) ?? ""])] } };
    case "run.finished":
      return { ...next, run: withEnd(live.run, data, event.at) };
    default:
      return next;
  }
}

function withState(run: RunDetail, data: Record<string, unknown>): RunDetail {
  const state = (text(data["state"]) ?? run.state) as RunState;
  return {
    ...run,
    state,
    ...(hasEnded(state) ? {} : { error: null, finished_at: null }), // resumed: what ended it is over
    attempt: typeof data["attempt"] === "number" ? data["attempt"] : run.attempt,
    cancel_requested: typeof data["cancel_requested"] === "boolean" ? data["cancel_requested"] : run.cancel_requested,
  };
}

function withEnd(run: RunDetail, data: Record<string, unknown>, at: string): RunDetail {
  return {
    ...run,
    state: (text(data["state"]) ?? run.state) as RunState,
    summary: isRecord(data["summary"]) ? data["summary"] : run.summary,
    error: isRecord(data["error"]) ? (data["error"] as unknown as RunError) : null,
    finished_at: at,
  };
}

function withPoints(curves: Curves, points: unknown, times: unknown): Curves {
  if (!isRecord(points)) return curves;
  const timesOf = (name: string) => (isRecord(times) && Array.isArray(times[name]) ? (times[name] as (number | null)[]) : []);
  const grown = Object.entries(points).map(([name, list]) => {
    const at = timesOf(name);
    const timed = (list as Point[]).map(([step, value], index): Point => [step, value, at[index] ?? null]);
    return [name, merge(curves[name], timed)] as const;
  });
  return { ...curves, ...Object.fromEntries(grown) };
}

function text(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
