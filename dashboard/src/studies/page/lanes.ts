// The trials as bars over time, in lanes by worker or one below the other.
import type { Trial } from "../../api/types";

export interface Bar {
  trial: Trial;
  /** Creation of the run, start of its first attempt and end of the trial, in milliseconds. */
  queued: number;
  from: number;
  to: number;
}

export interface Lane {
  /** Name before the first lane of a worker, or the trial's number; empty for further lanes of the same worker. */
  name: string;
  bars: readonly Bar[];
}

export function barsOf(trials: readonly Trial[], now: number): Bar[] {
  return trials.map((trial) => {
    const queued = Date.parse(trial.created_at);
    const to = trial.ended_at === null ? now : Date.parse(trial.ended_at);
    const from = trial.started_at === null ? (trial.state === "running" ? to : queued) : Date.parse(trial.started_at);
    return { trial, queued: Math.min(queued, from), from, to: Math.max(from, to) };
  });
}

/** One lane per trial. */
export function byTrial(bars: readonly Bar[]): Lane[] {
  return bars.map((bar) => ({ name: `#${bar.trial.number}`, bars: [bar] }));
}

/** As few lanes per worker as its simultaneous trials need; trials of an unknown worker have the name `unknown`. */
export function byWorker(bars: readonly Bar[], unknown: string): Lane[] {
  const workers = new Map<string, Bar[][]>();
  for (const bar of [...bars].sort((a, b) => a.from - b.from)) {
    const name = bar.trial.worker ?? unknown;
    const lanes = workers.get(name) ?? [];
    workers.set(name, lanes);
    const free = lanes.find((lane) => (lane.at(-1)?.to ?? 0) <= bar.from);
    if (free) free.push(bar);
    else lanes.push([bar]);
  }
  return [...workers].sort(([a], [b]) => a.localeCompare(b)).flatMap(([name, lanes]) => lanes.map((lane, index) => ({ name: index === 0 ? name : "", bars: lane })));
}
