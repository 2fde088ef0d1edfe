import { describe, expect, it } from "vitest";

import { shade, worstPairs } from "./figures";

const CONFUSION = { classes: ["a", "b", "c"], contender: "cnn", counts: [[9, 1, 0], [0, 7, 3], [0, 0, 5]], baseline: "knn", baseline_counts: [] };

describe("worstPairs", () => {
  it("names what is confused most, and never what is right", () => {
    expect(worstPairs(CONFUSION, 5)).toEqual([
      { truth: "b", answer: "c", count: 3 },
      { truth: "a", answer: "b", count: 1 },
    ]);
    expect(worstPairs(CONFUSION, 1)).toHaveLength(1);
  });
});

describe("shade", () => {
  it("shows a single mistake among many, and nothing where there is nothing", () => {
    expect(shade(0, 1000)).toBe(0);
    expect(shade(1, 1000)).toBeGreaterThan(0.05);
    expect(shade(1000, 1000)).toBe(1);
    expect(shade(0, 0)).toBe(0);
  });
});
