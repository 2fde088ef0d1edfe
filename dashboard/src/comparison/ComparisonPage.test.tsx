import { screen, within } from "@testing-library/react";
import i18next from "i18next";
import { describe, expect, it, vi } from "vitest";

import { sampleRun } from "../runs/samples";
import { answerApi, showPage } from "../testing-pages";
import { axesOf, type Comparison } from "./api";
import ComparisonPage from "./ComparisonPage";

vi.mock("../charts/Plot", () => ({ Plot: ({ label, testId }: { label: string; testId?: string }) => <div role="img" aria-label={label} data-testid={testId} /> }));

const compared = (id: string) => ({ run: sampleRun({ id, name: `run ${id}`, state: "succeeded" }), contender: "forecasting.lstm", best_baseline: "forecasting.ridge", decision: "kept", unit: "ppm", metric_series: ["loss"] });

const comparison = {
  runs: [compared("a1"), compared("b2")],
  same_rows: true,
  why_not: [],
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

describe("axesOf", () => {
  it("takes numbers that at least two runs have", () => {
    expect(axesOf(comparison).map((axis) => axis.name)).toEqual(["epochs", "rate", "rmse"]);
  });

  it("leaves out a metric whose unit differs between the runs, and the table names each unit", async () => {
    const [first, second] = comparison.runs;
    const mixed = {
      ...comparison,
      runs: [first, { ...second, unit: "°C" }],
      metrics: comparison.metrics.map((row) => (row.metric === "rmse" ? { ...row, unit: null, best: [], worst: [] } : row)),
    } as Comparison;
    expect(axesOf(mixed).map((axis) => axis.name)).toEqual(["epochs", "rate"]);
    open({ "GET /comparisons": { body: mixed } });
    const rows = within(await screen.findByTestId("comparison-metrics")).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("0.4 ppm");
    expect(rows[1]?.textContent).toContain("0.5 °C");
    expect(screen.getByText(/A metric is left out if its unit differs between the runs/)).toBeTruthy();
  });
});
