import { describe, expect, it } from "vitest";

import type { LiveEvent } from "../api/types";
import { applyEvents, startLive } from "./live";
import { sampleEvent as event, sampleMetrics, sampleRun } from "./samples";
import { reduceLive } from "./useLiveRun";

const start = () => startLive(sampleRun(), sampleMetrics);

describe("applyEvents", () => {
  it("moves a run from its snapshot to its end", () => {
    const external = { kind: "external", values: { accuracy: 0.9 } } as const;
    const live = applyEvents(start(), [
      event(11, "run.phase", { name: "judge", index: 5, count: null }),
      event(12, "run.progress", { done: 1, total: 2, share: 0.9, note: "", phase: "judge", rate_per_second: null, seconds_left: 3 }),
      event(13, "run.figure", { name: "forecast" }),
      event(14, "run.note", { markdown: "Checkpoint 4 was skipped." }),
      event(15, "run.finished", { state: "succeeded", summary: external, error: null }),
    ]);
    expect(live.seq).toBe(15);
    expect(live.run.state).toBe("succeeded");
    expect(live.run.summary).toEqual(external);
    expect(live.run.figures).toEqual(["forecast"]);
    expect(live.run.notes).toEqual(["Checkpoint 4 was skipped."]);
    expect(live.run.progress).toMatchObject({ phase: "judge", share: 0.9, seconds_left: 3 });
    expect(live.run.finished_at).toBe("2026-01-02T03:05:00Z");
  });

  it("keeps the whole share when a phase begins, and forgets the old phase's rate", () => {
    const { progress } = applyEvents(start(), [event(11, "run.phase", { name: "judge", index: 5, count: null })]).run;
    expect(progress.share).toBe(0.3);
    expect(progress.phase).toBe("judge");
    expect(progress.rate_per_second ?? null).toBeNull();
  });

  it("ignores what the snapshot held already", () => {
    const live = start();
    expect(applyEvents(live, [9, 10].map((seq) => event(seq, "run.state", { state: "failed", attempt: 1, cancel_requested: false })))).toBe(live);
  });

  it("adds points, also of a series that is new, and takes doubles once", () => {
    const metrics = event(11, "run.metrics", { points: { loss: [[2, 0.8], [3, 0.7]], validation_loss: [[3, 0.75]] }, times: {}, attempt: 1 });
    const { curves } = applyEvents(start(), [metrics]);
    expect(curves["loss"]).toEqual({ steps: [1, 2, 3], values: [0.9, 0.8, 0.7] });
    expect(curves["validation_loss"]).toEqual({ steps: [3], values: [0.75] });
  });

  it("follows a resumption: later points go, and then come again", () => {
    const { curves, run } = applyEvents(start(), [
      event(11, "run.metrics", { points: { loss: [[3, 0.7], [4, 0.6]] }, times: {}, attempt: 1 }),
      event(12, "run.state", { state: "running", attempt: 2, cancel_requested: false }),
      event(13, "run.metrics_truncated", { after_step: 2, attempt: 2, series: ["loss"] }),
      event(14, "run.metrics", { points: { loss: [[3, 0.71]] }, times: {}, attempt: 2 }),
    ]);
    expect(curves["loss"]).toEqual({ steps: [1, 2, 3], values: [0.9, 0.8, 0.71] });
    expect(run.attempt).toBe(2);
  });

  it("clears the error of a run that was resumed", () => {
    const failed = startLive(sampleRun({ state: "failed", error: { code: "x", message: "y" }, finished_at: "2026-01-01T00:00:00Z" }), sampleMetrics);
    const { run } = applyEvents(failed, [event(11, "run.state", { state: "queued", attempt: 1, cancel_requested: false })]);
    expect(run).toMatchObject({ state: "queued", error: null, finished_at: null });
  });

  it("lives with events that it does not know", () => {
    const unknown = { ...event(11, "run.note", { markdown: "" }), type: "run.dreamt" } as unknown;
    expect(applyEvents(start(), [unknown as LiveEvent]).seq).toBe(11);
  });
});

describe("reduceLive", () => {
  it("takes a newer snapshot whole", () => {
    const fresh = { run: sampleRun({ last_event_seq: 20, state: "succeeded" }), metrics: sampleMetrics };
    expect(reduceLive(start(), { kind: "snapshot", snapshot: fresh })?.run.state).toBe("succeeded");
  });

  it("takes from an older snapshot only what events don't carry", () => {
    const live = applyEvents(start(), [event(30, "run.finished", { state: "succeeded", summary: null, error: null })]);
    const attempt = { attempt: 1, worker: "w", started_at: "2026-01-02T03:04:06Z", ended_at: null, ended_as: null, reason: null, resumed_from_step: null, steps_recomputed: null };
    const old = { run: sampleRun({ last_event_seq: 20, state: "running", attempts: [attempt] }), metrics: sampleMetrics };
    const reduced = reduceLive(live, { kind: "snapshot", snapshot: old });
    expect(reduced?.run.state).toBe("succeeded");
    expect(reduced?.run.attempts).toHaveLength(1);
    expect(reduced?.seq).toBe(30);
  });
});
