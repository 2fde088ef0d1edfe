import { describe, expect, it } from "vitest";

import { Formats } from "../language/format";
import { moved, reading, shownEnds } from "./cursor";

describe("moved", () => {
  it("walks within what is shown", () => {
    expect(moved("ArrowRight", null, [3, 9])).toBe(3);
    expect(moved("ArrowLeft", null, [3, 9])).toBe(9);
    expect(moved("ArrowRight", 9, [3, 9])).toBe(9);
    expect(moved("ArrowLeft", 5, [3, 9])).toBe(4);
    expect(moved("PageUp", 0, [0, 100])).toBe(10);
    expect(moved("PageDown", 3, [0, 100])).toBe(0);
    expect(moved("Home", 7, [3, 9])).toBe(3);
    expect(moved("End", null, [3, 9])).toBe(9);
    expect(moved("Tab", 5, [3, 9])).toBeUndefined();
  });
});

describe("shownEnds", () => {
  it("finds what lies in the zoomed range, and everything where nothing does", () => {
    expect(shownEnds([1, 2, 3, 4], 1.5, 3.5)).toEqual([1, 2]);
    expect(shownEnds([1, 2], 5, 6)).toEqual([0, 1]);
    expect(shownEnds([], 0, 1)).toEqual([0, 0]);
  });
});

describe("reading", () => {
  const lines = [{ label: "loss", color: "--chart-1" }, { label: "", color: "--chart-2" }, { label: "validation", color: "--chart-2" }] as const;

  it("says the place and the values that stand there", () => {
    const shape = { lines, x: "step", xLabel: "Step", height: 100 } as const;
    const data: [number[], ...(number | null)[][]] = [[10, 20], [0.5, 0.25], [1, 1], [null, 0.3]];
    expect(reading(shape, data, 0, new Formats("en"))).toBe("Step 10; loss 0.5");
    expect(reading(shape, data, 1, new Formats("tr"))).toBe("Step 20; loss 0,25; validation 0,3");
    expect(reading(shape, data, 2, new Formats("en"))).toBe("");
  });
});
