import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { answerApi, showPage } from "../../testing-pages";
import { sampleRun } from "../samples";
import ExplanationCards from "./ExplanationCards";
import { normalCounts, scale, type Residuals } from "./figures";
import { ReportCard } from "./ReportCard";

const named = { contender: "forecasting.lstm", baseline: "forecasting.ridge", target: "co2", unit: "ppm" };
const residuals: Residuals = {
  ...named,
  origins: 100,
  mean: 0.01,
  standard_deviation: 1,
  histogram: { edges: [-2, 0, 2], counts: [50, 50] },
  qq: { normal: [-1, 0, 1], error: [-1, 0, 1] },
  over_time: { at: ["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"], error: [0.1, -0.1] },
  autocorrelation: [0.5, 0.01],
  autocorrelation_bound: 0.2,
  baseline_autocorrelation: [0.3, 0.2],
  ljung_box: { lags: 2, statistic: 30, p: 0.00001 },
};
const figures: Record<string, unknown> = {
  residuals,
  actual_predicted: { ...named, origins: 3, actual: [1, 2, 3], predicted: [1, 2, 4], baseline_predicted: [2, 2, 2] },
  slices: { ...named, slices: [{ by: "weekday", rows: [{ value: 1, errors: 50, rmse: 2, baseline_rmse: 1, skill: -1 }, { value: 2, errors: 50, rmse: 1, baseline_rmse: 2, skill: 0.5 }] }] },
  importance: { ...named, reach: 32, origins: 30, repeats: 5, rmse: 1, left_out: [], inputs: [{ name: "rain", increase: 0.7, spread: 0.1, share: 0.7 }, { name: "noise", increase: 0, spread: 0, share: 0 }] },
  shapley: { ...named, origins: 30, orders: 5, inputs: [{ name: "rain", mean_absolute: 0.6, order_spread: 0 }] },
  saliency: { patch: { height: 2, width: 2 }, images: [{ name: "7.png", truth: "7", answer: "1", probability: 0.9, png: "AAAA", falls: [[0.5, 0], [-0.1, 0]] }] },
};

const run = sampleRun({ state: "succeeded", figures: Object.keys(figures) });

function open(names: readonly string[]) {
  answerApi(Object.fromEntries(names.map((name) => [`GET /runs/${run.id}/figures/${name}`, { body: figures[name] }])));
  showPage(<ExplanationCards series={null} run={{ ...run, figures: [...names] }} />);
}

describe("ExplanationCards", () => {
  it("draws errors, and tells in words and a table what the drawing shows", async () => {
    open(["residuals", "actual_predicted"]);
    const card = await screen.findByTestId("errors");
    expect(await within(card).findByRole("img", { name: /forecasting.ridge/ })).toBeTruthy();
    expect(within(card).getAllByRole("img")).toHaveLength(6);
    expect(card.textContent).toContain("Outside the band: lags 1.");
    expect(within(card).getByRole("table", { hidden: true }).textContent).toContain("forecasting.ridge");
  });

  it("shows slices beside the baseline, and inputs by weight", async () => {
    open(["slices", "importance", "shapley"]);
    const rows = within(await screen.findByTestId("slices")).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("-100.0%");
    const inputs = await screen.findByTestId("importance");
    expect(inputs.textContent).toContain("rain");
    expect(inputs.textContent).toContain("Origins: 30; repeats: 5");
  });

  it("describes what a picture's colours mean", async () => {
    open(["saliency"]);
    const image = within(await screen.findByTestId("saliency")).getByRole("img");
    expect(image.getAttribute("alt")).toMatch(/7.png: 1 with 90.*in truth 7; at most 50/);
  });

  it("says nothing of what the run does not have", () => {
    open([]);
    expect(screen.queryByTestId("errors")).toBeNull();
  });
});

describe("ReportCard", () => {
  it("offers three files, and shows the page in a frame without scripts", async () => {
    answerApi({});
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>hello</h1>", { headers: { "content-type": "text/html" } })));
    showPage(<ReportCard run={run} />);
    expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["html", "pdf", "md"].map((format) => `/api/v1/runs/${run.id}/report?format=${format}&language=en`));
    await userEvent.click(screen.getByText("Read it here"));
    const frame = await screen.findByTitle("Report");
    expect(frame.getAttribute("sandbox")).toBe("");
    expect(frame.getAttribute("srcdoc")).toBe("<h1>hello</h1>");
  });
});

describe("figures", () => {
  it("lays the normal law over the same counts", () => {
    const counts = normalCounts({ ...residuals, mean: 0 });
    expect(counts[0]).toBeCloseTo(counts[1] ?? 0);
    expect(normalCounts({ ...residuals, standard_deviation: null })).toEqual([]);
    expect(scale(1, 1, 10)(1)).toBe(5);
  });
});
