import { describe, expect, it } from "vitest";

import { classCounts, learnedRows, lineOf, valuesOf } from "./batch";

const columns = ["series", "origin_at", "step", "target_at", "value", "q5", "q95", "naive", "actual", "learned"];
const row = (series: string, step: string, day: string, value: string, actual: string | null) => [series, "", step, `2026-01-${day}T00:00:00Z`, value, "1", "9", "", actual, "false"];
const table = { columns, rows: [row("a", "1", "02", "5", "6"), row("a", "1", "01", "4", null), row("a", "2", "03", "7", ""), row("b", "1", "01", "8", "8")] };

describe("lineOf", () => {
  it("draws one series at one distance in order of time, with the widest interval", () => {
    expect(lineOf(table, "1", "a")).toEqual({
      at: ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"], actual: [null, 6], predicted: [4, 5], low: [1, 1], high: [9, 9],
    });
    expect(lineOf({ columns: ["name", "answer"], rows: [] }, "1", null)).toBeNull();
  });

  it("offers the series and distances that are there", () => {
    expect([valuesOf(table, "series", 9), valuesOf(table, "step", 9), valuesOf(table, "series", 1), valuesOf(table, "none", 9)]).toEqual([["a", "b"], ["1", "2"], ["a"], []]);
  });
});

describe("classCounts", () => {
  it("counts classes and how often they were right, of labelled images that were not learned", () => {
    const images = { columns: ["name", "answer", "actual", "learned"], rows: [["x", "7", "7", "false"], ["y", "7", "1", "false"], ["z", "7", "", "false"], ["l", "7", "7", "true"], ["u", "7", "7", ""], ["w", "1", "1", "false"]] };
    expect(classCounts(images)).toEqual([{ name: "7", predicted: 5, right: 1, labelled: 2 }, { name: "1", predicted: 1, right: 1, labelled: 1 }]);
    expect([learnedRows(images), learnedRows({ columns: ["name"], rows: [["x"]] })]).toEqual([1, 0]);
  });
});
