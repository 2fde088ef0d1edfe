import { describe, expect, it } from "vitest";

import { MOST_POINTS, align, haveTimes, merge, overTime, thin, truncate, type Point } from "./curves";

describe("merge", () => {
  it("appends, and takes the newer value where a step arrives twice", () => {
    const curve = merge(merge(undefined, [[1, 0.9], [2, 0.8]]), [[2, 0.7], [3, null]]);
    expect(curve).toEqual({ steps: [1, 2, 3], values: [0.9, 0.7, null] });
  });

  it("puts a late point in its place", () => {
    expect(merge({ steps: [1, 5, 9], values: [1, 5, 9] }, [[3, 3], [0, 0]]).steps).toEqual([0, 1, 3, 5, 9]);
  });

  it("does not change what it was given", () => {
    const before = { steps: [1], values: [1] };
    merge(before, [[2, 2]]);
    expect(before).toEqual({ steps: [1], values: [1] });
  });

  it("stays bounded and keeps the spike", () => {
    const points = Array.from({ length: MOST_POINTS + 1 }, (_, step): Point => [step, step === 777 ? 1000 : 1]);
    const curve = merge(undefined, points);
    expect(curve.steps.length).toBeLessThanOrEqual(MOST_POINTS / 2 + 2);
    expect(Math.max(...curve.values.map((value) => value ?? 0))).toBe(1000);
    expect(curve.steps.at(-1)).toBe(MOST_POINTS);
    expect([...curve.steps].sort((a, b) => a - b)).toEqual(curve.steps);
  });
});

describe("thin", () => {
  it("lives with buckets that hold nothing finite", () => {
    expect(thin({ steps: [1, 2, 3, 4, 5], values: [null, null, null, null, 2] })).toEqual({ steps: [1, 5], values: [null, 2] });
  });
});

describe("truncate", () => {
  const curves = { loss: { steps: [1, 2, 3], values: [3, 2, 1] }, other: { steps: [3], values: [1] } };

  it("drops what came after the checkpoint", () => {
    expect(truncate(curves, 2, ["loss"])["loss"]).toEqual({ steps: [1, 2], values: [3, 2] });
    expect(truncate(curves, -1, ["loss"])["loss"]?.steps).toEqual([]);
    expect(truncate(curves, 9, ["loss"])["loss"]?.steps).toEqual([1, 2, 3]);
  });

  it("leaves series that are not named alone", () => {
    expect(truncate(curves, 1, ["loss"])["other"]?.steps).toEqual([3]);
  });
});

describe("times", () => {
  it("stay with their points as curves grow, shrink and are thinned", () => {
    const curve = merge(merge(undefined, [[1, 9, 1000], [3, 7, 3000]]), [[2, 8, 2500]]);
    expect(curve.times).toEqual([1000, 2500, 3000]);
    expect(truncate({ loss: curve }, 2, ["loss"])["loss"]?.times).toEqual([1000, 2500]);
    expect(thin(curve).times).toEqual([1000, 3000]);
    expect(haveTimes([curve, undefined])).toBe(true);
    expect(haveTimes([merge(curve, [[4, 6]])])).toBe(false);
    expect(haveTimes([merge(undefined, [[4, 6]])])).toBe(false);
  });

  it("are a rising axis: late points in their place, and no point hides another of the same moment", () => {
    const { steps, values } = overTime({ steps: [1, 2, 3, 4], values: [1, 2, 3, 4], times: [2000, 1000, 2000, null] });
    expect(values).toEqual([2, 1, 3]);
    expect(steps[0]).toBe(1);
    expect(steps[1]).toBe(2);
    expect(steps[2]).toBeGreaterThan(2);
    expect(steps[2]).toBeCloseTo(2, 5);
  });
});

describe("align", () => {
  it("puts curves with different steps over one axis", () => {
    const data = align([{ steps: [1, 2, 3], values: [1, 2, null] }, { steps: [2, 4], values: [20, 40] }]);
    expect(data).toEqual([
      [1, 2, 3, 4],
      [1, 2, null, undefined],
      [undefined, 20, undefined, 40],
    ]);
  });
});
