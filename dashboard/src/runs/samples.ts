// A run, its metrics and its events, for tests.
import type { EventData, LiveEvent, Metrics, RunDetail } from "../api/types";

export function sampleRun(fields: Partial<RunDetail> = {}): RunDetail {
  return {
    id: "k3v9abcdabcdabcd",
    kind: "train",
    name: "co2 by lstm",
    state: "running",
    plugin: "forecasting.lstm",
    model: "co2",
    dataset_id: "d1",
    dataset_name: "co2",
    dataset_version: 1,
    attempt: 1,
    cancel_requested: false,
    waiting_on: 0,
    deleted_at: null,
    deleted_by: null,
    pinned: false,
    progress: { phase: "fit", done: 30, total: 100, note: "", share: 0.3, rate_per_second: 12, seconds_left: 75 },
    summary: null,
    error: null,
    created_at: "2026-01-02T03:04:05Z",
    started_at: "2026-01-02T03:04:06Z",
    finished_at: null,
    config: { epochs: 60, hidden_size: 64 },
    seed: 7,
    threads: 1,
    priority: 0,
    depends_on: [],
    on_failure: "cancel",
    needed_by: [],
    time_limit_seconds: null,
    memory_limit_bytes: null,
    study: null,
    dataset_fingerprint: "9f2c4b7e55aa01cc",
    code_version: "0.1.0",
    plugin_version: "0.1.0",
    environment: null,
    bit_reproducible: true,
    attempts: [],
    artifacts: [],
    figures: [],
    follow_ups: [],
    notes: [],
    metric_series: ["loss"],
    metric_series_total: 1,
    parent: null,
    last_event_seq: 10,
    ...fields,
  };
}

export const sampleMetrics: Metrics = {
  run_id: "k3v9abcdabcdabcd",
  series: [{ series: "loss", steps: [1, 2], values: [0.9, 0.8], times: null, total_points: 2 }],
};

export function sampleEvent<T extends LiveEvent["type"]>(seq: number, type: T, data: EventData<T>): LiveEvent {
  return { stream: "run/k3v9abcdabcdabcd", seq, type, data, at: "2026-01-02T03:05:00Z" } as LiveEvent;
}
