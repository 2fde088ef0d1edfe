import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { SearchSpace, Study, StudyDetail, Trial } from "../api/types";
import { answerApi, showPage, page } from "../testing-pages";
import { bestBaseline, history, shownSpan, ticks } from "./history";
import NewStudyPage from "./NewStudyPage";
import { choicesOf, readField, startOf } from "./space";
import StudiesPage from "./StudiesPage";
import StudyPage from "./StudyPage";

const trial = (number: number, fields: Partial<Trial> = {}): Trial => ({
  number,
  run_id: `r${number}`,
  run_state: "succeeded",
  state: "complete",
  params: { learning_rate: 0.01 * (number + 1), hidden_size: 16 },
  scores: [2 - number * 0.5],
  metrics: { rmse: 2 - number * 0.5 },
  reports: 12,
  best_epoch: 9,
  cpu_seconds: 3,
  error: null,
  created_at: "2026-01-01T00:00:00Z",
  ended_at: "2026-01-01T00:01:00Z",
  ...fields,
});

const study = (fields: Partial<StudyDetail> = {}): StudyDetail => ({
  id: "s1",
  name: "first search",
  plugin: "forecasting.lstm",
  task: "forecast",
  model: "co2",
  dataset_id: "d1",
  dataset_name: "co2",
  dataset_version: 1,
  sampler: "tpe",
  objectives: [{ metric: "rmse", direction: "minimize" }],
  budget: { trials: 20, seconds: null, cpu_seconds: null },
  parallel: 2,
  state: "finished",
  reason: "trials",
  error: null,
  trials: { complete: 3, pruned: 1 },
  best: trial(2),
  baselines: [
    { name: "forecasting.naive", scores: [1.8], failed: null },
    { name: "forecasting.ridge", scores: [1.25], failed: null },
    { name: "forecasting.ets", scores: null, failed: { en: "too short", tr: "çok kısa" } },
  ],
  front: [],
  winner: 2,
  retrain_run_id: "w1",
  seconds: 61,
  cpu_seconds: 40,
  created_at: "2026-01-01T00:00:00Z",
  finished_at: "2026-01-01T00:02:00Z",
  config: { horizon: 4 },
  space: { learning_rate: { kind: "float", low: 0.001, high: 0.1, log: true, step: null }, hidden_size: { kind: "choice", choices: [16, 32] } },
  pruner: { name: "median", series: "validation_loss", direction: "minimize", startup_trials: 5, warmup_reports: 3, most_reports: null, reduction_factor: 3 },
  seed: 0,
  threads: 1,
  priority: 0,
  retrain: true,
  warm_start_from: [],
  counted_trials: 4,
  last_event_seq: 9,
  deleted_at: null,
  deleted_by: null,
  ...fields,
});

const trials = [trial(0), trial(1), trial(2), trial(3, { state: "pruned", scores: null, run_state: "cancelled", reports: 3 })];

const space: SearchSpace = {
  plugin: "forecasting.lstm",
  task: "forecast",
  metrics: ["rmse", "mae", "fit_seconds"],
  fields: [
    { name: "learning_rate", kind: "float", description: "Highest step size", default: 0.002, low: 0, high: 1, range: { low: 0.0002, high: 0.02, log: true } },
    { name: "hidden_size", kind: "int", description: "", default: 48, low: 1, high: 1024, range: { low: 5, high: 480, log: true } },
    { name: "loss", kind: "choice", description: "", default: "mse", low: null, high: null, range: { choices: ["mse", "huber"] } },
  ],
};

describe("StudiesPage", () => {
  it("says what to do where there is none", async () => {
    answerApi({ "GET /studies": { body: page([]) } });
    showPage(<StudiesPage />);
    expect(await screen.findByText("No studies yet")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Create the first study" }).getAttribute("href")).toBe("/p/default/new-study");
  });

  it("shows each study's best score next to the best baseline", async () => {
    answerApi({ "GET /studies": { body: page([study() satisfies Study]) } });
    showPage(<StudiesPage />);
    const row = (await screen.findAllByRole("row"))[1] as HTMLElement;
    expect(within(row).getByRole("link", { name: "first search" }).getAttribute("href")).toBe("/p/default/studies/s1");
    expect(within(row).getByText("4 of 20")).toBeTruthy();
    expect(within(row).getByText("1.25 (forecasting.ridge)")).toBeTruthy();
  });
});

describe("StudyPage", () => {
  it("shows history, what matters, every trial with its run, and the winner", async () => {
    answerApi({
      "GET /studies/s1": { body: study({ trials: { complete: 5 } }) },
      "GET /studies/s1/trials": { body: page(trials) },
      "GET /studies/s1/importance": { body: { trials: 5, objectives: [{ learning_rate: 0.8, hidden_size: 0.2 }] } },
    });
    showPage(<StudyPage id="s1" />);
    expect((await screen.findByTestId("history-chart")).getAttribute("aria-label")).toContain("best 1, best baseline 1.25");
    const rows = within(screen.getByTestId("trial-table")).getAllByRole("row").slice(1);
    expect(rows.map((row) => within(row).getByRole("link").textContent)).toEqual(["#2", "#1", "#0", "#3"]);
    expect(within(rows[3] as HTMLElement).getByText("Pruned")).toBeTruthy();
    expect(within(rows[0] as HTMLElement).getByRole("link").getAttribute("href")).toBe("/p/default/runs/r2");
    expect(await screen.findByText("80%")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Training run" }).getAttribute("href")).toBe("/p/default/runs/w1");
  });

  it("waits for what matters instead of asking for more trials", async () => {
    answerApi({ "GET /studies/s1": { body: study({ trials: { complete: 5 } }) }, "GET /studies/s1/trials": { body: page(trials) } });
    const answered = globalThis.fetch;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => (url.includes("/importance") ? new Promise(() => undefined) : answered(url, init)));
    showPage(<StudyPage id="s1" />);
    await screen.findByTestId("history-chart");
    expect(screen.queryByText(/Known after four/)).toBeNull();
  });

  it("draws the front of two objectives", async () => {
    const two = [trial(0, { scores: [1, 5] }), trial(1, { scores: [2, 2] }), trial(2, { scores: [3, 3] })];
    const objectives = [{ metric: "rmse", direction: "minimize" as const }, { metric: "bytes", direction: "minimize" as const }];
    answerApi({ "GET /studies/s1": { body: study({ objectives, front: [0, 1], best: two[0] ?? null, retrain_run_id: null, baselines: [] }) }, "GET /studies/s1/trials": { body: page(two) } });
    showPage(<StudyPage id="s1" />);
    const chart = await screen.findByTestId("front-chart");
    expect(chart.getAttribute("aria-label")).toContain("0, 1");
    expect(chart.querySelectorAll('[data-kind="front"]')).toHaveLength(2);
    expect(screen.getByText("The baselines have no scores yet")).toBeTruthy();
  });

  it("pauses at once and stops after a question", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /studies/s1": { body: study({ state: "running" }) }, "GET /studies/s1/trials": { body: page(trials) }, "POST /studies/s1/pause": { body: study({ state: "paused" }) }, "POST /studies/s1/stop": { body: study({ state: "stopped" }) } });
    showPage(<StudyPage id="s1" />);
    await user.click(await screen.findByTestId("pause-study"));
    await user.click(screen.getByTestId("stop-study"));
    await user.click(await screen.findByTestId("confirm-stop"));
    await waitFor(() => expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual(["/studies/s1/pause", "/studies/s1/stop"]));
  });
});

describe("NewStudyPage", () => {
  it("sends the space that was typed, and says what is wrong before", async () => {
    const user = userEvent.setup();
    const dataset = { name: "co2", latest: { name: "co2", dataset_schema: { kind: "series" } } };
    const plugin = { name: "forecasting.lstm", kind: "pipeline", task: "forecast", title: { en: "LSTM" }, summary: {}, error: null, schema: { properties: { horizon: { type: "integer", default: 4 }, learning_rate: { type: "number", default: 0.002 } } } };
    const asked = answerApi({
      "GET /plugins": { body: page([plugin]) },
      "GET /datasets": { body: page([dataset]) },
      "GET /studies": { body: page([]) },
      "GET /studies/spaces/forecasting.lstm": { body: space },
      "POST /studies": { status: 201, body: study() },
    });
    showPage(<NewStudyPage />);
    await user.click(await screen.findByTestId("create-study"));
    expect(await screen.findByText("Choose at least one field to search.")).toBeTruthy();
    await user.type(screen.getByTestId("study-name"), "mine");
    await user.selectOptions(await screen.findByTestId("way-learning_rate"), "range");
    await user.clear(screen.getByTestId("low-learning_rate"));
    await user.click(screen.getByTestId("create-study"));
    expect(await screen.findByText("Enter the lowest value")).toBeTruthy();
    await user.type(screen.getByTestId("low-learning_rate"), "0,001");
    await user.selectOptions(screen.getByTestId("way-hidden_size"), "choices");
    await user.clear(screen.getByTestId("choices-hidden_size"));
    await user.type(screen.getByTestId("choices-hidden_size"), "16, 32");
    await user.click(screen.getByTestId("create-study"));
    await waitFor(() => expect(asked.some(({ method }) => method === "POST")).toBe(true));
    const sent = asked.find(({ method }) => method === "POST")?.body as Record<string, unknown>;
    expect(sent["space"]).toEqual({ learning_rate: { low: 0.001, high: 0.02, log: true }, hidden_size: { choices: [16, 32] } });
    expect(sent["config"]).toEqual({ horizon: 4 });
    expect(sent["budget"]).toEqual({ trials: 30, seconds: null });
  });
});

describe("what the pages compute", () => {
  it("the best so far never gets worse", () => {
    expect(history([trial(1, { scores: [3] }), trial(0, { scores: [2] }), trial(2, { state: "failed", scores: null })], "minimize").map(({ best }) => best)).toEqual([2, 2]);
    expect(history([trial(0, { scores: [2] }), trial(1, { scores: [3] })], "maximize").map(({ best }) => best)).toEqual([2, 3]);
  });

  it("the best baseline follows the direction, and one that failed is none", () => {
    expect(bestBaseline(study())?.name).toBe("forecasting.ridge");
    expect(bestBaseline(study({ objectives: [{ metric: "r2", direction: "maximize" }] }))?.name).toBe("forecasting.naive");
    expect(bestBaseline(study({ baselines: [] }))).toBeNull();
  });

  it("ticks are round and inside; one wild score does not flatten the rest", () => {
    expect(ticks(0.13, 0.97)).toEqual([0.2, 0.4, 0.6000000000000001, 0.8]);
    const [low, high] = shownSpan([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 900], "minimize");
    expect(low).toBeLessThan(1);
    expect(high).toBeLessThan(3);
  });

  it("choices may be numbers, words and lists; faults are named", () => {
    expect(choicesOf("16, 32")).toEqual([16, 32]);
    expect(choicesOf("mse, huber")).toEqual(["mse", "huber"]);
    expect(choicesOf("[[8], [8, 16]]")).toEqual([[8], [8, 16]]);
    const [rate, size] = space.fields as [SearchSpace["fields"][number], SearchSpace["fields"][number]];
    expect(readField(rate, { ...startOf(rate), way: "range", low: "1", high: "0" })).toEqual({ fault: "order" });
    expect(readField(rate, { ...startOf(rate), way: "range", low: "0" })).toEqual({ fault: "log" });
    expect(readField(size, { ...startOf(size), way: "range", low: "1.5" })).toEqual({ fault: "whole" });
    expect(readField(size, { ...startOf(size), way: "choices", choices: " " })).toEqual({ fault: "choices" });
  });
});
