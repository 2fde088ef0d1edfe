import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { StudyDetail, Trial } from "../../api/types";
import { kindsOf } from "../../charts/parallel/columns";
import { answerApi, page, showPage } from "../../testing-pages";
import { study, trial } from "../samples";
import StudyPage from "../StudyPage";
import { surface, trialColumns } from "./columns";
import { bestFirst, matches, sorted } from "./filter";
import { barsOf, byWorker } from "./lanes";
import { linesOf, pathOf, rangeOf } from "./lines";

const trials = [trial(0), trial(1), trial(2), trial(3, { state: "pruned", scores: null, run_state: "cancelled", reports: 3 })];
const objectives = [{ metric: "rmse", direction: "minimize" as const }, { metric: "bytes", direction: "minimize" as const }, { metric: "fit_seconds", direction: "minimize" as const }];
const LONG = `${"n".repeat(180)} <script> 🚀 \u05e9\u05dc\u05d5\u05dd`;

function answer(one: StudyDetail, all: readonly Trial[], more: Parameters<typeof answerApi>[0] = {}) {
  return answerApi({ "GET /studies/s1": { body: one }, "GET /studies/s1/trials": { body: page(all) }, "GET /studies/s1/importance": { body: { trials: 3, objectives: [null] } }, ...more });
}

const show = (tab: string) => showPage(<StudyPage id="s1" />, { path: `/p/default/studies/s1?tab=${tab}` });

// Charts draw only where they have a width.
beforeEach(() => void vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(900));
afterEach(() => void vi.restoreAllMocks());

describe("the first sentence", () => {
  const run = (fields: object) => ({ "GET /runs/w1": { body: { id: "w1", state: "succeeded", error: null, summary: { kind: "train", model: "co2", version: 3, headline: "kept", approved: null }, ...fields } } });

  it("says that the best trial beats the baseline, and what became of the retrained winner", async () => {
    answer(study(), trials, run({}));
    show("overview");
    const sentence = await screen.findByTestId("study-outcome");
    await screen.findByTestId("winner-verdict");
    expect(sentence.textContent).toContain("Trial #2 is the best and beats the best baseline: rmse 1, forecasting.ridge 1.25 (20.0% better).");
    expect(sentence.textContent).toContain("corrected for 4 trials: “Not promoted: the champion stays”");
    expect(within(sentence).getByRole("link", { name: "Training run" }).getAttribute("href")).toBe("/p/default/runs/w1");
    expect(within(sentence).getByRole("link", { name: "co2 v3" }).getAttribute("href")).toBe("/p/default/models/co2");
  });

  it("says that no trial beats the baseline, and that the retraining failed", async () => {
    answer(study({ best: trial(0, { scores: [5] }) }), trials, run({ state: "failed", summary: null, error: { code: "x", message: "out of memory" } }));
    show("overview");
    await screen.findByTestId("winner-verdict");
    expect(screen.getByTestId("study-outcome").textContent).toContain("No trial beats the best baseline: trial #0 is the best with rmse 5");
    expect(screen.getByTestId("study-outcome").textContent).toContain("did not succeed: out of memory");
  });

  it("says that nothing has ended yet, and that everything failed", async () => {
    answer(study({ best: null, state: "running", trials: { running: 1 }, retrain_run_id: null }), []);
    const { unmount } = show("overview");
    expect((await screen.findByTestId("study-outcome")).textContent).toContain("No trial has a score yet. The best trial is retrained when the study ends.");
    unmount();
    answer(study({ best: null, trials: { failed: 4 }, retrain_run_id: null, baselines: [] }), [trial(0, { state: "failed", scores: null, error: { code: "x", message: LONG } })]);
    show("overview");
    expect((await screen.findByTestId("study-outcome")).textContent).toContain("every trial failed or was pruned");
    expect(screen.getByText("No trial has a score")).toBeTruthy();
  });
});

describe("Overview", () => {
  it("draws the history with the baseline's line, and the importances", async () => {
    answer(study({ trials: { complete: 5 } }), trials, { "GET /studies/s1/importance": { body: { trials: 5, objectives: [{ learning_rate: 0.8, hidden_size: 0.2 }] } } });
    show("overview");
    expect((await screen.findByTestId("history-chart")).querySelector("svg")?.getAttribute("aria-label")).toContain("best 1, best baseline 1.25");
    expect(screen.getByTestId("baseline-line")).toBeTruthy();
    expect(await screen.findByText("80%")).toBeTruthy();
  });

  it("reads the trials with the arrow keys", async () => {
    const user = userEvent.setup();
    answer(study(), trials);
    show("overview");
    const chart = (await screen.findByTestId("history-chart")).closest('[role="slider"]') as HTMLElement;
    chart.focus();
    await user.keyboard("{ArrowRight}{ArrowRight}");
    expect(chart.getAttribute("aria-valuetext")).toBe("Trial #1: rmse 1.5, Best until then 1.5");
  });

  it("waits for the importances instead of asking for more trials", async () => {
    answer(study({ trials: { complete: 5 } }), trials);
    const answered = globalThis.fetch;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) => (url.includes("/importance") ? new Promise(() => undefined) : answered(url, init)));
    show("overview");
    await screen.findByTestId("history-chart");
    expect(screen.queryByText(/Known after four/)).toBeNull();
  });
});

describe("Trials", () => {
  const rowsOf = () => within(screen.getByTestId("trial-table")).getAllByRole("row").slice(1).map((row) => within(row).getByRole("rowheader").textContent);

  it("sorts by any column, filters, and compares the selected trials", async () => {
    const user = userEvent.setup();
    answer(study(), trials);
    const { history } = show("trials");
    await screen.findByTestId("trial-table");
    expect(rowsOf()).toEqual(["#2 best", "#1", "#0", "#3"]);
    await user.click(screen.getByRole("button", { name: /learning_rate/ }));
    expect(rowsOf()).toEqual(["#0", "#1", "#2 best", "#3"]);
    await user.click(screen.getByRole("checkbox", { name: "Compare Trial #0" }));
    await user.click(screen.getByRole("checkbox", { name: "Compare Trial #2" }));
    expect(screen.getByTestId("compare-trials").getAttribute("href")).toBe("/p/default/comparison?runs=r0,r2");
    await user.type(screen.getByTestId("find-trials"), "rmse<1.6 learning_rate>=0.03");
    await waitFor(() => expect(rowsOf()).toEqual(["#2 best"]));
    expect(screen.getByTestId("trials-found").textContent).toBe("1 of 4 trials");
    expect(new URLSearchParams(history.at(-1)?.split("?")[1]).get("find")).toBe("rmse<1.6 learning_rate>=0.03");
    await user.selectOptions(screen.getByTestId("trial-state"), "pruned");
    expect(await screen.findByText("No trial matches")).toBeTruthy();
  });

  it("shows a hundred of a thousand trials first, and long values whole on hover", async () => {
    const many = Array.from({ length: 1000 }, (_, number) => trial(number, { params: { text: LONG, flag: number % 2 === 0 } }));
    answer(study({ space: { text: { kind: "choice", choices: [LONG] }, flag: { kind: "choice", choices: [true, false] } } }), many);
    show("trials");
    await screen.findByTestId("trial-table");
    expect(rowsOf()).toHaveLength(100);
    expect(screen.getAllByTitle(LONG)).toHaveLength(100);
    expect(screen.getByTestId("all-trials").textContent).toBe("Show all 1,000");
  });
});

describe("the other tabs", () => {
  it("draw parameters, values, timeline and config", async () => {
    const user = userEvent.setup();
    const curve = [[1, 0.5], [2, null], [3, 0.4], [4, 0.3]];
    answer(study(), trials.map((one) => ({ ...one, curve })));
    show("parameters");
    expect(await screen.findByTestId("parallel")).toBeTruthy();
    expect(within(screen.getByTestId("study-slices")).getAllByRole("slider")).toHaveLength(2);
    expect(screen.getByTestId("contour-chart")).toBeTruthy();
    await user.click(screen.getByTestId("tab-values"));
    await waitFor(() => expect(screen.getByTestId("values-chart").querySelector('path[data-state="pruned"]')?.getAttribute("d")).toContain("M"));
    await user.click(screen.getByTestId("tab-timeline"));
    expect(screen.getByTestId("timeline-chart").querySelectorAll('svg[role="img"] rect')).toHaveLength(4);
    await user.click(screen.getByTestId("tab-config"));
    expect(within(screen.getByTestId("baseline-table")).getByText("too short")).toBeTruthy();
    expect(screen.queryByTestId("tab-front")).toBeNull();
  });

  it("leave trials with far worse scores out of the parameters until they are included", async () => {
    const user = userEvent.setup();
    answer(study(), [...Array.from({ length: 20 }, (_, number) => trial(number, { scores: [1 + number / 100] })), trial(20, { scores: [1e6] })]);
    show("parameters");
    expect((await screen.findByTestId("parallel-count")).textContent).toContain("20 of 20");
    await user.click(screen.getByTestId("include-outside"));
    expect(screen.getByTestId("parallel-count").textContent).toContain("21 of 21");
  });

  it("let any trial be retrained that was not, the best one of a study with several objectives too", async () => {
    const asked = answer(study({ objectives, winner: 2, retrain_run_id: null, front: [2] }), trials, { "POST /studies/s1/retrain": { status: 201, body: {} } });
    show("trials");
    const row = (await screen.findByRole("link", { name: "#2" })).closest("tr") as HTMLElement;
    await userEvent.setup().click(within(row).getByRole("button", { name: "Retrain" }));
    await waitFor(() => expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ trial: 2 }));
  });

  it("draw any two of several objectives, with the front marked", async () => {
    const user = userEvent.setup();
    const three = [trial(0, { scores: [1, 5, 1] }), trial(1, { scores: [2, 2, 9] }), trial(2, { scores: [3, 3, 9] })];
    answer(study({ objectives, front: [0, 1], best: three[0] ?? null, retrain_run_id: null, baselines: [] }), three);
    show("front");
    const chart = await screen.findByTestId("front-chart");
    expect(chart.querySelectorAll('path[style*="chart-2"]:not([transform="translate(12,6)"])')).toHaveLength(2);
    await user.selectOptions(screen.getByTestId("front-y"), "2");
    expect(screen.getByTestId("front-chart").querySelector("svg")?.getAttribute("aria-label")).toContain("fit_seconds over rmse");
    expect(screen.getByTestId("study-outcome").textContent).toContain("2 trials are on the Pareto front of rmse, bytes, fit_seconds.");
  });

  it.each(["overview", "trials", "parameters", "values", "timeline", "front", "config"])("%s: one trial, and none", async (tab) => {
    answer(study({ objectives, best: trial(0, { scores: [1, 1, 1] }), front: [0] }), [trial(0, { scores: [1, 1, 1], curve: [[1, 0]], started_at: null, worker: null, params: {} })]);
    const { unmount } = show(tab);
    expect(await screen.findByTestId("study-tabs")).toBeTruthy();
    unmount();
    answer(study({ objectives, best: null, trials: {}, baselines: [], retrain_run_id: null }), []);
    show(tab);
    expect(await screen.findByTestId("study-tabs")).toBeTruthy();
  });

  it("pause at once and stop after a question", async () => {
    const user = userEvent.setup();
    const asked = answer(study({ state: "running" }), trials, { "POST /studies/s1/pause": { body: study({ state: "paused" }) }, "POST /studies/s1/stop": { body: study({ state: "stopped" }) } });
    show("overview");
    await user.click(await screen.findByTestId("pause-study"));
    await user.click(screen.getByTestId("stop-study"));
    await user.click(await screen.findByTestId("confirm-stop"));
    await waitFor(() => expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual(["/studies/s1/pause", "/studies/s1/stop"]));
  });
});

describe("what the tabs compute", () => {
  it("a filter compares numbers, texts and booleans; a missing value matches no comparison", () => {
    const one = trial(7, { params: { rate: 1e-3, loss: "Huber", nested: [16, 32], on: true }, scores: [0.5] });
    const match = (text: string, state = "") => matches(one, study(), { text, state });
    expect([match("rate<=0.001"), match("rate<0.001"), match("rate=1e-3"), match("loss=huber"), match("on=true"), match("[16"), match("trial=7 hub")]).toEqual([true, false, true, true, true, true, true]);
    expect([match("rate=0"), match("other<1"), match("loss<1"), match("", "pruned"), match("", "complete")]).toEqual([false, false, false, false, true]);
    expect(matches(trial(1, { scores: null }), study(), { text: "rmse<9", state: "" })).toBe(false);
  });

  it("missing values come last in both directions; the best comes first where higher is better, too", () => {
    const all = [trial(0, { scores: null }), trial(1, { scores: [1] }), trial(2, { scores: [2] })];
    const order = (by: string, descending: boolean) => sorted(all, { by, descending }).map(({ number }) => number);
    expect([order("score 0", false), order("score 0", true)]).toEqual([[1, 2, 0], [2, 1, 0]]);
    expect(bestFirst(study({ objectives: [{ metric: "r2", direction: "maximize" }] })).descending).toBe(true);
    expect(sorted([trial(0, { params: { a: "x10" } }), trial(1, { params: { a: "x9" } }), trial(2, { params: {} })], { by: "field a", descending: false }).map(({ number }) => number)).toEqual([1, 0, 2]);
  });

  it("a missing value interrupts a line; values that a logarithm lacks are left out", () => {
    const [line] = linesOf([trial(0, { curve: [[1, 1], [2, null], [3, 4], [4, 0]] })], true);
    expect(line && pathOf(line, (x) => x, (y) => y)).toBe("M1.0 1.0h0.5M3.0 4.0h0.5");
    expect(linesOf([trial(0, { curve: [[1, null]] }), trial(1, { curve: null }), trial(2)], false)).toEqual([]);
    const curve = [...Array.from({ length: 60 }, (_, at) => [at + 1, 1 + at / 60]), [61, 1e9]];
    expect(rangeOf(linesOf([trial(0, { curve })], false))[1]).toBeLessThan(3);
  });

  it("simultaneous trials of a worker have lanes of their own, trials one after the other share one", () => {
    const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
    const ran = (number: number, from: number, to: number | null, worker: string | null) => trial(number, { created_at: at(0), started_at: worker ? at(from) : null, ended_at: to === null ? null : at(to), worker, ...(to === null ? { state: "running" as const } : {}) });
    const lanes = byWorker(barsOf([ran(0, 0, 5, "b"), ran(1, 2, 8, "b"), ran(2, 5, 9, "b"), ran(3, 0, 4, "a"), ran(4, 0, null, null)], Date.parse(at(20))), "none");
    expect(lanes.map(({ name, bars }) => [name, ...bars.map(({ trial: one }) => one.number)])).toEqual([["a", 3], ["b", 0, 2], ["", 1], ["none", 4]]);
  });

  it("conditional fields have no value where they are missing, and far places no estimate", () => {
    const [first] = trialColumns({ space: { a: {} }, objectives: [] }, [trial(0, { params: { a: [8, 16] } }), trial(1, { params: {} }), trial(2, { params: { a: false } })]);
    expect(first?.values).toEqual(["[8,16]", null, "false"]);
    const wide = trialColumns({ space: { a: { low: 0, high: 1 } }, objectives: [] }, [trial(0, { params: { a: 1e-4 } }), trial(1, { params: { a: 1 } })])[0];
    expect(wide && kindsOf(wide)[0]).toBe("linear"); // as it was searched, not as it spreads
    const cells = surface([{ x: 0.05, y: 0.05, score: 1 }, { x: 0.1, y: 0.1, score: 0 }], 10);
    expect(cells[9]?.[9]).toBeNull();
    expect(cells[0]?.[0]).toBeGreaterThan(0.5);
  });
});
