import { describe, expect, it } from "vitest";

import { bandOf, gridOf } from "../../comparison/bands";
import { axisOf, categoryText, kindsOf, matching, movedBy, valueAt, withEnd } from "./columns";

const column = (id: string, values: (number | string | null)[]) => ({ id, name: id, values });

describe("axes", () => {
  it("are logarithmic over two powers of ten, categorical for texts, and without a place for missing values", () => {
    const rate = axisOf(column("rate", [1e-4, 1e-3, 1e-2, null]));
    expect([rate.kind, ...Array.from(rate.at, (at) => Math.round(at * 100) / 100)]).toEqual(["log", 0, 0.5, 1, NaN]);
    expect(valueAt(rate, 0.5)).toBeCloseTo(1e-3);
    expect(axisOf(column("loss", ["mse", "huber", "mse"])).categories).toEqual(["huber", "mse"]);
    expect(kindsOf(column("n", [0, 1]))).toEqual(["linear", "category"]);
    expect(axisOf(column("same", [3, 3])).at[0]).toBe(0.5);
  });

  it("are brushed together; a row without a value does not match", () => {
    const axes = [axisOf(column("a", [0, 5, 10])), axisOf(column("b", [1, null, 3]))];
    expect(matching(axes, { a: [0.4, 1] }, 3)).toEqual([false, true, true]);
    expect(matching(axes, { a: [0.4, 1], b: [0, 1] }, 3)).toEqual([false, false, true]);
  });

  it("keep the ends of a brush in order, and drop one that covers everything", () => {
    expect(withEnd(undefined, "low", 0.3)).toEqual([0.3, 1]);
    expect(withEnd([0.3, 0.6], "high", 0.1)).toEqual([0.3, 0.3]);
    expect(withEnd([0.3, 1], "low", 0)).toBeNull();
    expect(movedBy(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
  });
});

describe("bandOf", () => {
  it("is the mean and the range of the curves that reach a step", () => {
    const curves = [{ steps: [0, 2], values: [0, 2] }, { steps: [0, 1], values: [2, 4] }];
    expect(bandOf(curves, gridOf(curves))).toEqual({ steps: [0, 1, 2], mean: [1, 2.5, 2], low: [0, 1, 2], high: [2, 4, 2] });
  });
});

describe("categoryText", () => {
  it("shows the end of long names that begin alike, and short names as they are", () => {
    const names = ["forecasting.lstm", "forecasting.seasonal_naive", "vision.convolutional", "ridge"];
    const shown = names.map((name) => categoryText(name, names));
    expect(shown).toEqual(["…sting.lstm", "…onal_naive", "vision.convolutional", "ridge"]);
    expect(new Set(shown).size).toBe(names.length);
  });
});
