import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { describe, expect, it, vi } from "vitest";

import { sampleRun } from "../runs/samples";
import { answerApi, showPage } from "../testing-pages";
import type { Comparison } from "./api";
import { columnsOf, firstAxes } from "./columns";
import ComparisonPage from "./ComparisonPage";

vi.mock("../charts/Plot", () => ({ Plot: ({ label, testId }: { label: string; testId?: string }) => <div role="img" aria-label={label} data-testid={testId} /> }));

const compared = (id: string) => ({ run: sampleRun({ id, name: `run ${id}`, state: "succeeded" }), contender: "forecasting.lstm", best_baseline: "forecasting.ridge", decision: "kept", unit: "ppm", rows: 0, metric_series: ["loss"] });

const comparison = {
  runs: [compared("a1"), compared("b2")],
  same_rows: true,
  why_not: [],
  rows: [{ dataset: "co2 v1", target: "ppm", horizon: 3, part: "2020-01-01 – 2020-12-31, 400" }],
  logged: [{ series: "loss", last: [0.1, 0.2], lowest: [0.1, 0.2], highest: [1, 1] }],
  logged_left_out: 0,
  metrics: [
    { metric: "rmse", unit: "ppm", lower_is_better: true, values: [0.4, 0.5], alongside: [0.6, 0.6], best: [0], worst: [1] },
    { metric: "coverage", unit: "", lower_is_better: null, values: [0.9, null], alongside: [null, null], best: [], worst: [] },
  ],
  config: [
    { name: "epochs", values: [3, 4] },
    { name: "shuffle", values: [true, false] },
    { name: "rate", values: [0.002, 0.00005] },
    { name: "slots", values: [[1.5, 2], []] },
    { name: "plugin", values: ["x", "y"] },
  ],
} as unknown as Comparison;

const answers = {
  "GET /comparisons": { body: comparison },
  "GET /comparisons/pair": { body: { a: "a1", b: "b2", comparable: true, why_not: [], metric: "rmse", relative_difference: -0.2, low: -0.3, high: -0.1, level: 0.95, pieces: 60, origins: 300, verdict: "a_better", shown: { en: { measure: "error rate", change: "−2 points (18 errors per 1,000 against 38)", low: "−3", high: "−1 point" } } } },
};

const open = (more: Parameters<typeof answerApi>[0] = {}) => {
  answerApi({ ...answers, ...more });
  showPage(<ComparisonPage />, { path: "/p/default/comparison?runs=a1,b2" });
};

describe("ComparisonPage", () => {
  it("marks best and worst with more than a colour, each next to its baseline", async () => {
    open();
    const rows = within(await screen.findByTestId("comparison-metrics")).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("▲ best 0.4");
    expect(rows[1]?.textContent).toContain("(0.6)");
    expect(rows[1]?.textContent).toContain("▼ worst 0.5");
    expect(rows[2]?.textContent).not.toContain("best");
    expect(within(screen.getByTestId("comparison-config")).getByText("epochs")).toBeTruthy();
  });

  it("shows settings as the reader writes them", async () => {
    await i18next.changeLanguage("tr");
    try {
      open();
      const rows = within(await screen.findByTestId("comparison-config")).getAllByRole("row");
      expect(rows.slice(2, 5).map((row) => row.textContent)).toEqual(["shuffleevethayır", "rate0,0020,00005", "slots1,5; 2–"]);
    } finally {
      await i18next.changeLanguage("en");
    }
  });

  it("says who is better by more than noise", async () => {
    open();
    expect(await screen.findByText(/run a1 is better than run b2/)).toBeTruthy();
    expect(screen.getByTestId("comparison-pair").textContent).toMatch(/95 ?% interval/);
    expect(screen.getByTestId("comparison-pair").textContent).toContain("error rate of the first compared with the second: −2 points (18 errors per 1,000 against 38)");
  });

  it("says why two runs cannot be compared, and gives no number", async () => {
    const why = [{ code: "other_rows", text: { en: "They held out other rows.", tr: "Başka satırlar." } }];
    open({ "GET /comparisons/pair": { body: { a: "a1", b: "b2", shown: {}, comparable: false, why_not: why } } });
    expect(await screen.findByText("They held out other rows.")).toBeTruthy();
    expect(screen.getByTestId("comparison-pair").textContent).not.toContain("interval");
  });

  it("asks for two runs where fewer are named", () => {
    answerApi({});
    showPage(<ComparisonPage />, { path: "/p/default/comparison?runs=a1" });
    expect(screen.getByText("Choose at least two runs")).toBeTruthy();
  });
});

describe("columnsOf", () => {
  it("has settings, scores and logged metrics; the first axes are those that differ", () => {
    const columns = columnsOf(comparison);
    expect(columns.map(({ id }) => id)).toEqual(["config.epochs", "config.shuffle", "config.rate", "config.slots", "config.plugin", "metrics.rmse", "metrics.coverage", "logged.loss"]);
    expect(firstAxes(columns)).toEqual(["config.epochs", "config.shuffle", "config.rate", "config.slots", "config.plugin", "metrics.rmse", "logged.loss"]);
  });

  it("never puts scores of different rows on one axis, and the page says so", async () => {
    const [first, second] = comparison.runs;
    const mixed = { ...comparison, same_rows: false, runs: [first, { ...second, rows: 1, unit: "°C" }], rows: [...comparison.rows, { dataset: "sea v2", target: "°C", horizon: 3, part: "x" }], metrics: comparison.metrics.map((row) => ({ ...row, unit: null, best: [], worst: [] })) } as Comparison;
    const columns = columnsOf(mixed).filter(({ id }) => id.startsWith("metrics.rmse"));
    expect(columns.map(({ name, unit, values }) => [name, unit, values])).toEqual([["rmse · A", "ppm", [0.4, null]], ["rmse · B", "°C", [null, 0.5]]]);
    open({ "GET /comparisons": { body: mixed } });
    expect((await screen.findByTestId("comparison-rows")).textContent).toContain("B: sea v2");
    expect(within(screen.getByTestId("comparison-metrics")).getAllByRole("row")[2]?.textContent).toContain("0.5 °C");
  });

  it("shows the metrics of runs that were only logged", async () => {
    open({ "GET /comparisons": { body: { ...comparison, same_rows: false, rows: [], metrics: [], runs: comparison.runs.map((run) => ({ ...run, rows: null, contender: null })) } } });
    expect(within(await screen.findByTestId("comparison-metrics")).getAllByRole("row")[1]?.textContent).toBe("loss0.10.2");
  });

  it("filters the tables by a brush that the keyboard sets", async () => {
    open();
    const limit = await screen.findByRole("slider", { name: "Upper limit of epochs" });
    limit.focus();
    await userEvent.keyboard("{PageDown}{PageDown}");
    expect(screen.getByTestId("parallel-count").textContent).toBe("1 of 2 lines match");
    const heads = within(screen.getByTestId("comparison-metrics")).getAllByRole("columnheader").map((head) => head.textContent);
    expect(heads).toEqual(["Metric", "run a1"]);
    const axis = screen.getAllByTestId("parallel-axis")[0];
    axis?.focus();
    await userEvent.keyboard("{ArrowRight}");
    expect(screen.getAllByTestId("parallel-axis").map((each) => each.textContent).slice(0, 2)).toEqual(["shuffle", "epochs"]);
  });
});
