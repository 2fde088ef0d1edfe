// A run as shown on its page: a snapshot from the API, updated by the events of the stream "run/<id>".
import type { EventData, LiveEvent, Metrics, RunDetail, RunState } from "../api/types";
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
  const { run } = live;
  switch (event.type) {
    case "run.state":
      return { ...next, run: withState(run, event.data) };
    case "run.waiting":
      return { ...next, run: { ...run, waiting_on: event.data.waiting_on } };
    case "run.phase":
      // The share is the whole run's and stays; the rest was about the phase that ended.
      return { ...next, run: { ...run, progress: { done: 0, total: 0, note: "", share: run.progress.share, phase: event.data.name } } };
    case "run.progress":
      return { ...next, run: { ...run, progress: { ...run.progress, ...event.data } } };
    case "run.metrics":
      return {
        ...next,
        curves: withPoints(live.curves, { ...event.data, points: followed(run, live.curves, event.data.points) }),
        run: run.metric_series_total > run.metric_series.length ? run : withNames(run, Object.keys(event.data.points)),
      };
    case "run.metrics_truncated":
      return { ...next, curves: truncate(live.curves, event.data.after_step, event.data.series) };
    case "run.note":
      return { ...next, run: { ...run, notes: [...run.notes, event.data.markdown] } };
    case "run.figure":
      return { ...next, run: { ...run, figures: [...new Set([...run.figures, event.data.name])] } };
    case "run.finished":
      return { ...next, run: { ...run, ...event.data, finished_at: event.at } };
    default:
      return next; // another package's event, or one of a newer platform
  }
}

function withState(run: RunDetail, { state, attempt, cancel_requested }: EventData<"run.state">): RunDetail {
  const resumed = hasEnded(state) ? {} : { error: null, finished_at: null }; // the earlier end is over
  return { ...run, ...resumed, state, attempt, cancel_requested };
}

function withPoints(curves: Curves, { points, times }: EventData<"run.metrics">): Curves {
  const grown = Object.entries(points).map(([name, list]) => {
    const timed = list.map(([step, value], index): Point => [step, value, times[name]?.[index] ?? null]);
    return [name, merge(curves[name], timed)] as const;
  });
  return { ...curves, ...Object.fromEntries(grown) };
}

/** Curves that a page keeps; the tab "Curves" reads those of a longer list by itself. */
export const MOST_CURVES = 200;

/** Points of curves that the page has from their start: those that it read, and new ones. */
function followed(run: RunDetail, curves: Curves, points: EventData<"run.metrics">["points"]): EventData<"run.metrics">["points"] {
  const room = Object.keys(curves).length < MOST_CURVES;
  return Object.fromEntries(Object.entries(points).filter(([name]) => name in curves || (room && !run.metric_series.includes(name))));
}

function withNames(run: RunDetail, names: readonly string[]): RunDetail {
  const fresh = names.filter((name) => !run.metric_series.includes(name));
  return fresh.length === 0 ? run : { ...run, metric_series: [...run.metric_series, ...fresh], metric_series_total: run.metric_series_total + fresh.length };
}
