import { act, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { afterEach, describe, expect, it, vi } from "vitest";

import type { SeriesTable, Verdict } from "../api/evaluation";
import type { RunDetail } from "../api/types";
import { sampleEvaluation, sampleVerdict } from "../evaluation/samples";
import { sampleBacktest, sampleForecast } from "../forecasting/samples";
import { answerApi, LiveSocket, showPage } from "../testing-pages";
import RunPage from "./RunPage";
import { sampleEvent, sampleMetrics, sampleRun } from "./samples";

// happy-dom has no canvas; what the chart is given is tested in charts.test.ts, and drawing in the browser tests.
vi.mock("../charts/Plot", async (original) => {
  const { countPoints } = await original<typeof import("../charts/Plot")>();
  return {
    countPoints,
    Plot: ({ data, label, testId }: { data: Parameters<typeof countPoints>[0]; label: string; testId?: string }) => (
      <div role="img" aria-label={label} data-testid={testId} data-points={countPoints(data)} />
    ),
  };
});

const ID = sampleRun().id;

function open(run: RunDetail, more: Parameters<typeof answerApi>[0] = {}, role: "owner" | "viewer" = "owner", tab = "") {
  const asked = answerApi({
    [`GET /runs/${ID}`]: { body: run },
    [`GET /runs/${ID}/metrics`]: { body: sampleMetrics },
    ...more,
  });
  showPage(<RunPage id={ID} />, { role, path: `/p/default/runs/${ID}${tab === "" ? "" : `?tab=${tab}`}` });
  return asked;
}

const stored = { run_id: ID, model: "co2", version: 1, evaluation: sampleEvaluation, verdict: sampleVerdict, created_at: "2026-01-02T03:05:00Z" };

const openVerdict = (more: Partial<Verdict>) =>
  open(sampleRun({ state: "succeeded" }), {
    [`GET /evaluations/${ID}`]: { body: { ...stored, verdict: { ...sampleVerdict, ...more } } },
  });

const judged = {
  [`GET /evaluations/${ID}`]: { body: stored },
  [`GET /runs/${ID}/figures/forecast`]: { body: sampleForecast },
};

afterEach(() => act(() => i18next.changeLanguage("en")));

describe("RunPage", () => {
  it("says at once that the platform does not answer when a run is pinned", async () => {
    open(sampleRun({ state: "succeeded" }));
    const button = await screen.findByTestId("pin-run");
    const never = new Promise<Response>(() => undefined);
    const dead = (_url: string, init: RequestInit) => (init.method === "PUT" ? Promise.reject(new TypeError("no connection")) : never);
    vi.stubGlobal("fetch", dead);
    await userEvent.click(button);
    expect((await screen.findByRole("alert")).textContent).toContain("The platform does not answer");
    expect(button.getAttribute("aria-disabled")).not.toBe("true");
  });

  it("shows tags and note, and saves only what was changed in the form", async () => {
    const asked = open(sampleRun({ state: "succeeded", tags: ["baseline", "a b"], note: "see **ticket 7**" }), { [`PATCH /runs/${ID}`]: { body: {} } });
    const tag = await screen.findByRole("link", { name: "a b" });
    expect(new URL(tag.getAttribute("href") ?? "", "http://x").searchParams.get("filter")).toBe('tag = "a b"');
    expect((await screen.findByTestId("run-note")).querySelector("strong")?.textContent).toBe("ticket 7");
    await userEvent.click(screen.getByTestId("edit-run"));
    await userEvent.type(await screen.findByTestId("run-tags-field"), ", new");
    await userEvent.click(screen.getByTestId("save-run"));
    await vi.waitFor(() => expect(screen.queryByTestId("save-run")).toBeNull());
    expect(asked.find(({ method }) => method === "PATCH")?.body).toEqual({ add_tags: ["new"] });
  });

  it("shows progress, rate and time left while it runs, and no score", async () => {
    open(sampleRun());
    const progress = await screen.findByTestId("progress");
    expect(progress.textContent).toContain("Training");
    expect(progress.textContent).toContain("30 of 100");
    expect(progress.textContent).toContain("12 per second");
    expect(progress.textContent).toMatch(/1 min 15 secs? left/);
    expect(screen.getByRole("progressbar").getAttribute("aria-valuenow")).toBe("0.3");
    expect(screen.queryByTestId("verdict")).toBeNull();
    expect(screen.getByText(/Not known yet. The gate decides once/)).toBeTruthy();
    expect(screen.queryByTestId("baseline-table")).toBeNull();
  });

  it("shows what each interval promised and held", async () => {
    const held = { share: 0.9, coverage: 0.841, low: 0.71, high: 0.93, width: 2, horizons: [{ horizon: 1, coverage: 0.95 }, { horizon: 8, coverage: null }] };
    const contenders = sampleEvaluation.contenders.map((one) => (one.role === "candidate" ? { ...one, intervals: [held] } : one));
    const evaluation = { run_id: ID, model: "co2", version: 1, evaluation: { ...sampleEvaluation, contenders }, verdict: sampleVerdict, created_at: "2026-01-02T03:05:00Z" };
    open(sampleRun({ state: "succeeded", figures: [] }), { [`GET /evaluations/${ID}`]: { body: evaluation } }, "owner", "evaluation");
    const rows = within(await screen.findByTestId("intervals-table")).getAllByRole("row");
    const cells = [...(rows[1]?.children ?? [])].map((cell) => cell.textContent);
    expect(cells.slice(0, 4)).toEqual(["90%", "84.1%", "71% – 93%", "95%"]);
  });

  it("shows several series one by one, names the worst, and says which were left out", async () => {
    const series: SeriesTable = {
      column: "shop",
      candidate: "forecasting.lstm",
      count: 2,
      better: 1,
      worst: "corner",
      rows: [
        { series: "corner", origins: 40, mase: 1.2, rmse: 3, coverage: 0.8, baseline_mase: 1.1, baseline_rmse: 2.9, skill: -0.03 },
        { series: "square", origins: 40, mase: 0.5, rmse: 300, coverage: 0.9, baseline_mase: 0.7, baseline_rmse: 400, skill: 0.25 },
      ],
      left_out: [{ series: "kiosk", part: "train", why: "few_rows", rows: 9, needed: 40 }],
    };
    const evaluation = { run_id: ID, model: "co2", version: 1, evaluation: { ...sampleEvaluation, series }, verdict: sampleVerdict, created_at: "2026-01-02T03:05:00Z" };
    const forecast = { ...sampleForecast, series: "corner", more: [{ ...sampleForecast, series: "square" }] };
    open(sampleRun({ state: "succeeded", figures: ["forecast"] }), {
      [`GET /evaluations/${ID}`]: { body: evaluation },
      [`GET /runs/${ID}/figures/forecast`]: { body: forecast },
    }, "owner", "evaluation");
    const rows = within(await screen.findByTestId("series-table")).getAllByRole("row");
    expect(rows[1]?.textContent).toContain("corner (worst)");
    expect(rows[2]?.textContent).toContain("square");
    expect(screen.getByText("kiosk: only 9 of the 40 rows required in the training set")).toBeTruthy();
    await userEvent.click(screen.getByTestId("tab-overview"));
    const choice: HTMLSelectElement = await screen.findByLabelText("Series");
    expect([...choice.options].map((one) => one.value)).toEqual(["corner", "square"]);
  });

  it("says that a candidate ranks first where a baseline only wins for lack of proof", async () => {
    openVerdict({ decision: "baseline_promoted", headline: "baseline_unproven", champion: "forecasting.ridge" });
    expect((await screen.findByTestId("verdict")).textContent).toContain("First, not yet proven better than forecasting.ridge");
  });

  it("does not show a candidate that serves without proof as a proven winner", async () => {
    openVerdict({ decision: "promoted", headline: "serves_unproven", champion: "forecasting.auto" });
    const card = await screen.findByTestId("verdict");
    expect(card.textContent).toContain("In use, but not yet proven");
    expect(card.textContent).not.toContain("Promoted: it is the champion now");
  });

  it("does not call a candidate unproven that only the model's conditions bar", async () => {
    openVerdict({ decision: "baseline_promoted", headline: "baseline_barred", champion: "forecasting.ridge" });
    const text = (await screen.findByTestId("verdict")).textContent;
    expect(text).toContain("ranks first but does not meet the promotion policy");
    expect(text).not.toContain("not proven");
  });

  it("names who is approved, and claims no champion where there is none", async () => {
    openVerdict({ decision: "approved", headline: "approved", approved: "forecasting.ridge", champion: "" });
    const text = (await screen.findByTestId("verdict")).textContent;
    expect(text).toContain("forecasting.ridge is approved: a person may promote it");
    expect(text).toContain("No champion yet");
  });

  it("says that a baseline is the champion where it also ranks first", async () => {
    openVerdict({ decision: "baseline_promoted", headline: "baseline_promoted", champion: "forecasting.ridge" });
    const text = (await screen.findByTestId("verdict")).textContent;
    expect(text).toContain("Not promoted: the best baseline is the champion now");
    expect(text).not.toContain("ranks first");
  });

  it("shows rows of days as dates of their series' zone, wherever the reader is", async () => {
    const days = { frequency: "1d", timezone: "Pacific/Kiritimati" };
    const at = ["2026-01-01T10:00:00Z", "2026-01-02T10:00:00Z"];
    const part = { rows: 2, start: "2025-12-31T10:00:00Z", end: "2025-12-31T10:00:00Z" };
    const evaluation = { ...sampleEvaluation, ...days, parts: { train: part, validation: part, test: part } };
    const forecast = { ...sampleForecast, ...days, refitted: true, next: at.map((each) => ({ at: each, value: 1, low: 0, high: 2 })) };
    open(sampleRun({ state: "succeeded", figures: ["forecast"] }), {
      [`GET /evaluations/${ID}`]: { body: { ...stored, evaluation } },
      [`GET /runs/${ID}/figures/forecast`]: { body: forecast },
    });
    const rows = await screen.findAllByRole("row", { hidden: true });
    const heads = rows.map((row) => row.querySelector("th")?.textContent);
    expect(heads).toContain("Jan 2, 2026");
    expect(heads).toContain("Jan 3, 2026");
    expect(screen.getByText(/; the forecaster was refitted on all rows after its verdict$/)).toBeTruthy();
    await userEvent.click(screen.getByTestId("tab-evaluation"));
    expect(document.body.textContent).toContain("Jan 1, 2026");
  });

  it("claims nothing about a run that a client executes", async () => {
    open(sampleRun({ kind: "external", state: "succeeded", bit_reproducible: null, code_version: null }), {}, "owner", "config");
    const fact = (await screen.findByText("Reproducible")).parentElement;
    expect(fact?.textContent).toContain("unknown: the platform did not execute this run");
    expect(screen.queryByText("bit for bit")).toBeNull();
    expect(screen.queryByText(i18next.t("details.platformLimit"))).toBeNull();
  });

  it("claims nothing about a run before its first attempt", async () => {
    open(sampleRun({ state: "queued", bit_reproducible: null, code_version: null }), {}, "owner", "config");
    const fact = (await screen.findByText("Reproducible")).parentElement;
    expect(fact?.textContent).toContain("not known yet");
  });

  it("claims nothing about a run that was cancelled before its first attempt", async () => {
    open(sampleRun({ state: "cancelled", bit_reproducible: null, code_version: null }), {}, "owner", "config");
    const fact = (await screen.findByText("Reproducible")).parentElement;
    expect(fact?.textContent).toContain("unknown: the platform did not execute this run");
  });

  it("leads from a trial to its study", async () => {
    open(sampleRun({ kind: "trial", study: { id: "s1", name: "first search", trial: 3 } }));
    const link = await screen.findByRole("link", { name: "first search" });
    expect(link.getAttribute("href")).toBe("/p/default/studies/s1");
    expect(link.parentElement?.textContent).toBe("trial 3 of first search");
  });

  it("moves with the live events", async () => {
    open(sampleRun());
    expect((await screen.findByTestId("loss-chart")).dataset["points"]).toBe("2");
    act(() => LiveSocket.latest?.send([sampleEvent(11, "run.metrics", { points: { loss: [[3, 0.7]], validation_loss: [[3, 0.8]] }, times: {}, attempt: 1 })]));
    expect(screen.getByTestId("loss-chart").dataset["points"]).toBe("4");
    expect(LiveSocket.latest?.url).toContain("after=10");
  });

  it("follows the stream of a run whose id is shortened in the address", async () => {
    const short = ID.slice(0, 8);
    answerApi({
      [`GET /runs/${short}`]: { body: sampleRun() },
      [`GET /runs/${short}/metrics`]: { body: sampleMetrics },
      [`GET /runs/${ID}`]: { body: sampleRun() },
      [`GET /runs/${ID}/metrics`]: { body: sampleMetrics },
    });
    LiveSocket.latest = null;
    showPage(<RunPage id={short} />);
    await screen.findByTestId("progress");
    const streams = new URL((LiveSocket.latest as LiveSocket | null)?.url ?? "", "ws://x").searchParams;
    expect(streams.get("stream")).toBe(`run/${ID}`);
  });

  it("cancels only after a confirmation", async () => {
    const user = userEvent.setup();
    const asked = open(sampleRun(), { [`POST /runs/${ID}/cancel`]: { body: sampleRun({ cancel_requested: true }) } });
    await user.click(await screen.findByTestId("cancel-run"));
    expect(asked.some((one) => one.method === "POST")).toBe(false);
    await user.click(screen.getByTestId("confirm-cancel"));
    expect(asked.filter((one) => one.method === "POST").map((one) => one.path)).toEqual([`/runs/${ID}/cancel`]);
  });

  it("shows the verdict, every score next to the best baseline's, and the table by horizon", async () => {
    open(sampleRun({ state: "succeeded", figures: ["forecast"] }), judged);
    const verdict = await screen.findByTestId("verdict");
    expect(verdict.textContent).toContain("Promoted");
    expect(verdict.textContent).toContain("There was no champion before.");
    expect(verdict.textContent).toContain("RMSE -4.4 % against forecasting.ridge (95% interval: -6 % to -2 %)");

    expect(await screen.findByTestId("forecast-chart")).toBeTruthy();
    expect(await screen.findByTestId("test-chart")).toBeTruthy();
    expect(screen.queryByTestId("progress")).toBeNull();
    const scores = screen.getByTestId("scores");
    expect(within(scores).getAllByRole("link")[0]?.textContent).toBe("ridge: 0.431");

    await userEvent.click(screen.getByTestId("tab-evaluation"));
    const rows = within(screen.getByTestId("baseline-table")).getAllByRole("row");
    expect(rows.map((row) => within(row).queryByRole("rowheader")?.textContent)).toEqual([undefined, "forecasting.lstm new", "forecasting.ridge baseline", "forecasting.naive baseline"]);
    expect(rows[1]?.textContent).toContain("(best)");
    expect(rows[2]?.textContent).not.toContain("(best)");
  });

  it("shows a backtest fold by fold, and where it was beaten", async () => {
    open(sampleRun({ state: "succeeded", figures: ["backtest"] }), { ...judged, [`GET /runs/${ID}/figures/backtest`]: { body: sampleBacktest } }, "owner", "evaluation");
    const rows = within(await screen.findByTestId("backtest-table")).getAllByRole("row");
    expect(rows.map((row) => row.textContent)).toEqual([
      expect.stringContaining("Standard deviation"),
      "forecasting.lstm new1.0001.5001.2500.3540.80090.0%",
      "forecasting.naive baseline2.0001.4001.7000.4241.10088.0%1 of 2",
    ]);
  });

  it("shows an unknown coverage as unknown", async () => {
    const user = userEvent.setup();
    open(sampleRun({ state: "succeeded", figures: [] }), {
      ...judged,
      [`GET /evaluations/${ID}`]: {
        body: {
          ...judged[`GET /evaluations/${ID}`]?.body,
          evaluation: { ...sampleEvaluation, contenders: sampleEvaluation.contenders.map((one) => ({ ...one, horizons: [], metrics: { ...one.metrics, coverage: null } })) },
        },
      },
    }, "owner", "evaluation");
    await user.selectOptions(await screen.findByLabelText("Metric"), "Coverage");
    const row = within(screen.getByTestId("baseline-table")).getAllByRole("row")[1];
    expect(row?.textContent).toMatch(/^1forecasting.lstm new–––/);
  });

  it("speaks Turkish, the platform's own sentences included", async () => {
    await i18next.changeLanguage("tr");
    open(sampleRun({ state: "succeeded", figures: ["forecast"] }), judged);
    const verdict = await screen.findByTestId("verdict");
    expect(verdict.textContent).toContain("Terfi etti");
    expect(verdict.textContent).toContain("Daha önce bir şampiyon yoktu.");
    expect(screen.getByTestId("scores").textContent).toContain("0,412ridge: 0,431");
  });

  it("says why it failed and what to do, and offers to resume", async () => {
    const error = { code: "storage", message: "the disk is full", where: "checkpoint 1200", next_step: "free some space" };
    open(sampleRun({ state: "failed", error, finished_at: "2026-01-02T03:10:00Z" }));
    expect(await screen.findByText("the disk is full")).toBeTruthy();
    expect(screen.getByText("What to do: free some space")).toBeTruthy();
    expect(screen.getByTestId("resume-run")).toBeTruthy();
    expect(screen.queryByTestId("cancel-run")).toBeNull();
    expect(screen.getByTestId("run-state").textContent).toBe("Failed");
  });

  it("waits in the queue", async () => {
    open(sampleRun({ state: "queued", progress: { done: 0, total: 0, note: "", share: 0 } }));
    expect((await screen.findByTestId("progress")).textContent).toContain("Waiting for a free worker");
  });

  it("says what it waits for, and follows as that ends", async () => {
    const needed = { id: "n1", name: "the data of today", state: "running" as const };
    open(sampleRun({ state: "queued", waiting_on: 1, depends_on: [needed], needed_by: [{ id: "n2", name: "the report", state: "queued" }], progress: { done: 0, total: 0, note: "", share: 0 } }));
    expect((await screen.findByTestId("progress")).textContent).toContain("Waiting for 1 run that it depends on");
    const needs = screen.getByTestId("needs");
    expect(within(needs).getByRole("link", { name: "the data of today" }).getAttribute("href")).toContain("/runs/n1");
    expect(needs.textContent).toContain("Running");
    expect(needs.textContent).toContain("the report");
    expect(needs.textContent).toContain("cancelled if one of them does not succeed");
    act(() => LiveSocket.latest?.send([sampleEvent(11, "run.waiting", { waiting_on: 0 })]));
    expect(screen.getByTestId("progress").textContent).toContain("Waiting for a free worker");
  });

  it("says why it was cancelled without anybody asking", async () => {
    const error = { code: "needed_run", message: "it needed run n1 (the data), which failed", where: "run n1", next_step: "resume that run" };
    open(sampleRun({ state: "cancelled", error, finished_at: "2026-01-02T03:10:00Z" }));
    expect(await screen.findByText("Why it was cancelled")).toBeTruthy();
    expect(screen.getByText("it needed run n1 (the data), which failed")).toBeTruthy();
  });

  it.each([
    ["en", "its process died", "Repeated steps"],
    ["tr", "süreci çöktü", "Yinelenen adım"],
  ])("tells in %s of each attempt why it ended and what was done twice", async (language, died, twice) => {
    await i18next.changeLanguage(language);
    const attempt = { attempt: 1, worker: "w", started_at: "2026-01-02T03:04:06Z", ended_at: "2026-01-02T03:05:00Z", ended_as: "died", reason: "its process was killed (SIGKILL)", resumed_from_step: null, steps_recomputed: null };
    const second = { ...attempt, attempt: 2, ended_at: null, ended_as: null, reason: null, resumed_from_step: 40, steps_recomputed: 7 };
    open(sampleRun({ attempt: 2, attempts: [attempt, second] }), {}, "owner", "system");
    const table = await screen.findByRole("table", { name: language === "en" ? "Attempts" : "Girişimler" });
    const [head, first, last] = within(table).getAllByRole("row");
    expect(head?.textContent).toContain(twice);
    expect(first?.textContent).toContain(`${died} · its process was killed (SIGKILL)`);
    expect(last?.textContent).toMatch(/407$/);
  });

  it("draws what the machine gave apart from what was learned", async () => {
    const series = [...sampleMetrics.series, { series: "system/memory_bytes", steps: [5, 10], values: [2e8, 3e8], times: null, total_points: 2 }];
    open(sampleRun(), { [`GET /runs/${ID}/metrics`]: { body: { run_id: ID, series } } });
    expect((await screen.findByTestId("loss-chart")).dataset["points"]).toBe("2");
    expect(screen.queryByRole("option", { name: /system/ })).toBeNull();
    await userEvent.click(screen.getByTestId("tab-system"));
    const machine = screen.getByTestId("machine");
    expect((await within(machine).findByTestId("chart-system/memory_bytes")).dataset["points"]).toBe("2");
    expect(machine.textContent).toContain("Memory (MB)");
  });

  it("shows what an agent answered, without charts", async () => {
    open(sampleRun({ kind: "agent", state: "succeeded", plugin: "weather", summary: { kind: "agent", result: { high: 14 }, truncated: false, bytes: 11 } }), { [`GET /runs/${ID}/metrics`]: { body: { run_id: ID, series: [] } } });
    expect(await screen.findByText(/"high": 14/)).toBeTruthy();
    expect(screen.queryByTestId("loss-chart")).toBeNull();
  });

  it("lets viewers look and nothing else", async () => {
    open(sampleRun(), {}, "viewer");
    await screen.findByTestId("progress");
    expect(screen.queryByTestId("cancel-run")).toBeNull();
  });

  it("says what the platform says about a run that is not there", async () => {
    answerApi({ [`GET /runs/${ID}`]: { status: 404, body: { detail: "run 'k3v9' does not exist", code: "not_found", next_step: "azuraforge runs list" } } });
    showPage(<RunPage id={ID} />);
    expect(await screen.findByText("run 'k3v9' does not exist")).toBeTruthy();
    expect(screen.getByText("What to do: azuraforge runs list")).toBeTruthy();
  });
});
