import { describe, expect, it } from "vitest";

import { aligned, csvOf, interruptionsOf, pointsOf, prefixOf, stepsBetween } from "./points";
import { debiasedEma, smoothed, windowMean } from "./smoothing";
import { moveRange } from "./view";

const START = 1_700_000_000_000;
const curve = { steps: [1, 2, 3, 4], values: [1, null, 3, 4], times: [START + 1000, START + 2000, START + 60_000, START + 61_000] };

describe("pointsOf", () => {
  it("shows an interruption as a gap on every axis, and counts values without a number", () => {
    for (const axis of ["step", "elapsed", "clock"] as const) {
      const points = pointsOf(curve, axis, START, [START + 30_000]);
      expect(points.gaps, axis).toBe(1);
      expect(points.missing, axis).toBe(1);
      expect(points.y, axis).toEqual([1, null, null, 3, 4]);
      expect([...points.x].sort((a, b) => a - b), axis).toEqual(points.x);
    }
    expect(pointsOf(curve, "elapsed", START, []).x).toEqual([1, 2, 60, 61]);
    expect(pointsOf(curve, "step", START, []).gaps).toBe(0);
  });

  it("keeps points of the same moment apart, and leaves out those without a time", () => {
    const points = pointsOf({ steps: [1, 2, 3], values: [1, 2, 3], times: [START, START, null] }, "clock", START, []);
    expect(points.y).toEqual([1, 2]);
    expect(points.x[1]).toBeGreaterThan(points.x[0] ?? 0);
  });

  it("finds the steps of a zoomed range, also over time", () => {
    expect(stepsBetween(curve, "step", START, [1.4, 2.6])).toEqual([1, 3]);
    expect(stepsBetween(curve, "elapsed", START, [1.5, 60.5])).toEqual([2, 3]);
    expect(stepsBetween(curve, "elapsed", START, [5, 6])).toBeNull();
  });
});

describe("aligned", () => {
  it("tells a missing step from a gap", () => {
    const [axis, first, second] = aligned([
      { x: [1, 2], y: [5, null], gaps: 0, missing: 1 },
      { x: [2, 3], y: [7, 8], gaps: 0, missing: 0 },
    ]);
    expect(axis).toEqual([1, 2, 3]);
    expect(first).toEqual([5, null, undefined]);
    expect(second).toEqual([undefined, 7, 8]);
  });
});

describe("smoothing", () => {
  it("starts at the first value instead of at zero, and keeps a constant", () => {
    expect(debiasedEma([4, 4, 4], 0.9)).toEqual([4, 4, 4].map((value): unknown => expect.closeTo(value, 12)));
    expect(debiasedEma([2, null, 4], 0.5)).toEqual([2, null, expect.closeTo((0.5 * 0.5 * 2 + 0.5 * 4) / 0.75, 12)]);
  });

  it("averages a window, and is off at strength zero", () => {
    expect(windowMean([1, 3, null, 5], 2)).toEqual([1, 2, null, 4]);
    expect(smoothed([1, 9], "ema", 0)).toEqual([1, 9]);
    expect(smoothed([1, 9], "none", 0.9)).toEqual([1, 9]);
  });
});

describe("names, ranges and files", () => {
  it("groups by the last slash, and by nothing without one", () => {
    expect([prefixOf("train/a/loss"), prefixOf("loss")]).toEqual(["train/a", ""]);
  });

  it("zooms around the middle and moves by shares", () => {
    expect(moveRange(null, [0, 100], { zoom: 0.5 })).toEqual([25, 75]);
    expect(moveRange([0, 100], [0, 1000], { shift: 0.25 })).toEqual([25, 125]);
  });

  it("writes CSV that no spreadsheet runs", () => {
    expect(csvOf([["=cmd()", { steps: [1], values: [null] }], ['a,"b"', { steps: [2], values: [0.5], times: [START] }]])).toBe(
      `series,step,value,time\n'=cmd(),1,,\n"a,""b""",2,0.5,${new Date(START).toISOString()}\n`,
    );
  });

  it("takes the starts of later attempts as interruptions", () => {
    const attempt = (number: number, started_at: string) => ({ attempt: number, worker: "w", started_at, ended_at: null, ended_as: null, reason: null, resumed_from_step: null, steps_recomputed: null });
    expect(interruptionsOf([attempt(1, "2026-01-01T00:00:00Z"), attempt(2, "2026-01-01T00:01:00Z")])).toEqual([Date.parse("2026-01-01T00:01:00Z")]);
  });
});
