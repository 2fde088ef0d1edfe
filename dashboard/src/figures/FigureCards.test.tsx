import { screen, within } from "@testing-library/react";
import { describe, expect, it, vi } from "vitest";

import type { Residuals } from "../api/figures";
import { sampleRun } from "../runs/samples";
import { answerApi, showPage } from "../testing-pages";
import { OtherFigures } from "./FigureCards";

const named = { contender: "forecasting.lstm", baseline: "forecasting.ridge", target: "co2", unit: "ppm" };
const residuals: Residuals = {
  ...named,
  horizon: 1,
  origins: 100,
  mean: 0.01,
  standard_deviation: 1,
  skewness: 0,
  excess_kurtosis: 0,
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
  importance: { ...named, rows_back: 32, origins: 30, repeats: 5, rmse: 1, left_out: [], inputs: [{ name: "rain", increase: 0.7, spread: 0.1, share: 0.7 }, { name: "noise", increase: 0, spread: 0, share: 0 }] },
  shapley: { ...named, origins: 30, orders: 5, inputs: [{ name: "rain", mean_absolute: 0.6, order_spread: 0 }] },
  saliency: { patch: { height: 2, width: 2 }, images: [{ name: "7.png", truth: "7", answer: "1", probability: 0.9, png: "AAAA", falls: [[0.5, 0], [-0.1, 0]] }] },
};

const run = sampleRun({ state: "succeeded", figures: Object.keys(figures) });

function open(names: readonly string[]) {
  answerApi(Object.fromEntries(names.map((name) => [`GET /runs/${run.id}/figures/${name}`, { body: figures[name] }])));
  showPage(<OtherFigures evaluation={null} run={{ ...run, figures: [...names] }} />);
}

describe("OtherFigures", () => {
  it("draws errors, and tells in words and a table what the drawing shows", async () => {
    open(["residuals", "actual_predicted"]);
    const card = await screen.findByTestId("errors");
    expect(await within(card).findByRole("img", { name: /forecasting.ridge/ })).toBeTruthy();
    expect(within(card).getAllByRole("img")).toHaveLength(6);
    expect(card.textContent).toContain("Outside the band: lags 1.");
    expect(within(card).getByRole("table", { hidden: true }).textContent).toContain("forecasting.ridge");
  });

  it("shows slices next to the baseline, and inputs by weight", async () => {
    open(["slices", "importance", "shapley"]);
    const rows = within(await screen.findByTestId("slices")).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("−100.0%");
    const inputs = await screen.findByTestId("importance");
    expect(inputs.textContent).toContain("rain");
    expect(inputs.textContent).toContain("Forecast origins: 30; repeats: 5");
  });

  it("describes what an image's colours mean", async () => {
    open(["saliency"]);
    const image = within(await screen.findByTestId("saliency")).getByRole("img");
    expect(image.getAttribute("alt")).toMatch(/7.png: predicted 1 with probability 90.*actual 7; a patch lowers the probability by at most 50/);
  });

  it("says nothing of what the run does not have", () => {
    open([]);
    expect(screen.queryByTestId("errors")).toBeNull();
  });
});

describe("an explanation that is being computed", () => {
  it("is announced until nothing follows any more", () => {
    answerApi({});
    showPage(<OtherFigures evaluation={null} run={{ ...run, figures: [], follow_ups: ["importance"] }} />);
    expect(screen.getByRole("status").textContent).toContain("being computed");
  });

  it("is not announced where nothing follows", () => {
    open([]);
    expect(screen.queryByText(/being computed/)).toBeNull();
  });
});

describe("a figure without a card", () => {
  it("is shown as values and tables", async () => {
    const spread = { title: "Errors by hour", total: 3, hours: [0, 12], errors: [1, 2], worst: [{ name: "noon", errors: 2 }], limits: { low: 0.5 } };
    answerApi({ [`GET /runs/${run.id}/figures/hour_spread`]: { body: spread } });
    showPage(<OtherFigures evaluation={null} run={{ ...run, figures: ["hour_spread"] }} />);
    const card = await screen.findByTestId("figure-hour_spread");
    expect(await within(card).findByText("Errors by hour")).toBeTruthy();
    const [worst, lists] = within(card).getAllByRole("table");
    expect(within(lists ?? card).getAllByRole("row").map((row) => row.textContent)).toEqual(["HoursErrors", "01", "122"]);
    expect(within(worst ?? card).getAllByRole("row").map((row) => row.textContent)).toEqual(["NameErrors", "noon2"]);
    expect(card.textContent).toContain("Limits");
    expect(card.textContent).toContain("0.5");
  });

  it("replaces a card that cannot show the figure of another task kind", async () => {
    vi.spyOn(console, "error").mockReturnValue(undefined); // React logs errors that a boundary catches
    answerApi({ [`GET /runs/${run.id}/figures/slices`]: { body: { pieces: 12 } } });
    showPage(<OtherFigures evaluation={null} run={{ ...run, figures: ["slices"] }} />);
    expect((await screen.findByTestId("figure-slices")).textContent).toContain("Pieces12");
  });
});
