import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { SearchSpace, Study } from "../api/types";
import { answerApi, showPage, page } from "../testing-pages";
import { bestBaseline, history, shownSpan } from "./history";
import NewStudyPage from "./NewStudyPage";
import { study, trial } from "./samples";
import { choicesOf, readField, startOf } from "./space";
import StudiesPage from "./StudiesPage";

const space: SearchSpace = {
  plugin: "forecasting.lstm",
  task: "forecast",
  metrics: ["rmse", "mae", "fit_seconds"],
  fields: [
    { name: "learning_rate", kind: "float", description: "Highest step size", default: 0.002, low: 0, high: 1, range: { low: 0.0002, high: 0.02, log: true } },
    { name: "hidden_size", kind: "int", description: "", default: 48, low: 1, high: 1024, range: { low: 5, high: 480, log: true } },
    { name: "trees", kind: "int", description: "", default: 200, low: 1, high: null, range: { low: 100, high: 400, step: 50 } },
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
    expect(within(row).getByText("forecasting.ridge").closest("td")?.textContent === "1.25forecasting.ridge").toBeTruthy();
    expect(within(row).getByText("beats the baseline")).toBeTruthy();
  });

  it("asks for a state and a name, keeps both in the address, and shows all again", async () => {
    const user = userEvent.setup();
    answerApi({ "GET /studies": { body: page([study() satisfies Study]) } });
    const answered = globalThis.fetch;
    const urls: string[] = [];
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
      if (url.includes("/studies")) urls.push(url);
      return url.includes("name=") ? Promise.resolve(new Response(JSON.stringify(page([])), { headers: { "content-type": "application/json" } })) : answered(url, init);
    });
    const { history: addresses } = showPage(<StudiesPage />, { path: "/p/default/studies" });
    await user.selectOptions(await screen.findByTestId("study-state-filter"), "finished");
    await user.type(screen.getByTestId("find-studies"), "x");
    expect(await screen.findByText("No study matches")).toBeTruthy();
    expect(urls.at(-1)).toContain("state=finished");
    expect(urls.at(-1)).toContain("name=x");
    expect(addresses.at(-1)).toBe("/p/default/studies?state=finished&name=x");
    expect(screen.getByRole("link", { name: "Show all studies" }).getAttribute("href")).toBe("/p/default/studies");
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
    await user.selectOptions(screen.getByTestId("way-trees"), "range");
    await user.click(screen.getByTestId("create-study"));
    await waitFor(() => expect(asked.some(({ method }) => method === "POST")).toBe(true));
    const sent = asked.find(({ method }) => method === "POST")?.body as Record<string, unknown>;
    expect(sent["space"]).toEqual({ learning_rate: { low: 0.001, high: 0.02, log: true }, hidden_size: { choices: [16, 32] }, trees: { low: 100, high: 400, step: 50 } });
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

  it("one wild score does not flatten the rest", () => {
    const [low, high] = shownSpan([1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 900], "minimize");
    expect(low).toBeLessThan(1);
    expect(high).toBeLessThan(3);
  });

  it("choices may be numbers, words and lists; faults are named", () => {
    expect(choicesOf("16, 32")).toEqual([16, 32]);
    expect(choicesOf("mse, huber")).toEqual(["mse", "huber"]);
    expect(choicesOf("[[8], [8, 16]]")).toEqual([[8], [8, 16]]);
    const [rate, size, trees] = space.fields as [SearchSpace["fields"][number], SearchSpace["fields"][number], SearchSpace["fields"][number]];
    expect(readField(trees, { ...startOf(trees), way: "range", step: "0.5" })).toEqual({ fault: "step" });
    expect(readField(trees, { ...startOf(trees), way: "range", step: "0" })).toEqual({ fault: "step" });
    expect(readField(trees, { ...startOf(trees), way: "range", step: "1e3" })).toEqual({ fault: "step" });
    expect(readField(trees, { ...startOf(trees), way: "range", step: "" })).toEqual({ field: { low: 100, high: 400 } });
    expect(readField(trees, { ...startOf(trees), way: "range", log: true })).toEqual({ field: { low: 100, high: 400, log: true } });
    expect(readField(rate, { ...startOf(rate), way: "range", low: "1", high: "0" })).toEqual({ fault: "order" });
    expect(readField(rate, { ...startOf(rate), way: "range", low: "0" })).toEqual({ fault: "log" });
    expect(readField(size, { ...startOf(size), way: "range", low: "1.5" })).toEqual({ fault: "whole" });
    expect(readField(size, { ...startOf(size), way: "choices", choices: " " })).toEqual({ fault: "choices" });
  });
});
