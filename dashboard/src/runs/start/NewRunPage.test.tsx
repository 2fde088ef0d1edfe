import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { Plugin } from "../../api/types";
import { answerApi, showPage, page } from "../../testing-pages";
import { forgetDrafts } from "../../projects/draft";
import { sampleRun } from "../samples";
import NewRunPage from "./NewRunPage";

const plugin = (name: string, more: Partial<Plugin> = {}): Plugin => ({
  name,
  kind: "pipeline",
  task: "forecast",
  version: "1",
  origin: "azuraforge",
  title: { en: name.toUpperCase() },
  summary: {},
  capabilities: [],
  schema: { properties: { epochs: { type: "integer", default: 60, minimum: 1, maximum: 100 }, calendar: { type: "boolean", default: true } } },
  error: null,
  ...more,
});

const taskKind = (name: string, data: string, pipeline: string): Plugin => plugin(name, { kind: "task_kind", task: null, schema: null, task_kind: { name, data, serving: null, title: {}, summary: {}, origin: "", metrics: [], ranked_by: "", gate_metrics: [], objectives: [], slices: [], baselines: [], config_fields: [], pipeline } });

const PLUGINS = [
  taskKind("forecast", "series", "forecasting.lstm"),
  taskKind("classify", "images", "vision.cnn"),
  plugin("forecasting.naive"),
  plugin("forecasting.lstm"),
  plugin("broken", { error: { en: "ModuleNotFoundError", tr: "ModuleNotFoundError" } }),
  plugin("weather", { kind: "agent", task: null, schema: { properties: { place: { type: "string" } }, required: ["place"] } }),
  plugin("bundled", { kind: "source", task: null }),
];

const version = { id: "d1", name: "co2", version: 1, fingerprint: "f", file_sha256: null, rows: 9, start: null, end: null, source: "bundled", provenance: {}, findings: [], created: true, created_at: "2026-01-01T00:00:00Z", dataset_schema: { kind: "series", time: "time", target: "co2", features: [], frequency: "1w", season: 52, timezone: "UTC", unit: "ppm" } };

const answers = {
  "GET /plugins": { body: page(PLUGINS) },
  "GET /datasets": { body: page([{ id: "d1", name: "co2", versions: 1, latest: version }]) },
  "POST /runs": { status: 201, body: sampleRun() },
};

const input = (name: string) => document.querySelector<HTMLInputElement>(`[name="${name}"]`) as HTMLInputElement;

beforeEach(() => forgetDrafts());

describe("NewRunPage", () => {
  it("offers what works, starts with the defaults, and goes to the run", async () => {
    const user = userEvent.setup();
    const asked = answerApi(answers);
    const { history } = showPage(<NewRunPage />);
    const pipelines = await screen.findByTestId<HTMLSelectElement>("pipeline-select");
    expect([...pipelines.options].map((option) => option.value)).toEqual(["forecasting.naive", "forecasting.lstm", "weather"]);
    expect(pipelines.value).toBe("forecasting.lstm");
    await user.clear(input("epochs"));
    await user.type(input("epochs"), "5");
    await user.click(screen.getByTestId("start-run"));
    const sent = asked.find((one) => one.method === "POST" && one.path === "/runs")?.body;
    expect(sent).toMatchObject({ kind: "train", plugin: "forecasting.lstm", dataset: "co2", config: { epochs: 5, calendar: true }, seed: 0, threads: 1, name: null, model: null });
    expect(history.at(-1)).toBe(`/p/default/runs/${sampleRun().id}`);
  });

  it("does not send what is out of range, and says so at the input", async () => {
    const user = userEvent.setup();
    const asked = answerApi(answers);
    showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.clear(input("epochs"));
    await user.type(input("epochs"), "101");
    await user.click(screen.getByTestId("start-run"));
    expect(screen.getByText("Must be at most 100")).toBeTruthy();
    expect(input("epochs").getAttribute("aria-invalid")).toBe("true");
    expect(asked.some((one) => one.method === "POST" && one.path === "/runs")).toBe(false);
  });

  it("shows the platform's complaint at the input that it names", async () => {
    const user = userEvent.setup();
    answerApi({ ...answers, "POST /runs": { status: 422, body: { detail: "epochs 60 is too many today", code: "invalid_input", where: "config.epochs", next_step: "take 30" } } });
    showPage(<NewRunPage />);
    await user.click(await screen.findByTestId("start-run"));
    expect((await screen.findAllByText("epochs 60 is too many today")).length).toBeGreaterThan(0);
    expect(input("epochs").getAttribute("aria-describedby")).toContain("error");
    expect(screen.getByText("What to do: take 30")).toBeTruthy();
  });

  it("asks an agent without a dataset", async () => {
    const user = userEvent.setup();
    const asked = answerApi(answers);
    showPage(<NewRunPage />);
    await user.selectOptions(await screen.findByTestId("pipeline-select"), "weather");
    expect(screen.queryByTestId("dataset-select")).toBeNull();
    await user.type(input("place"), "Ankara");
    await user.click(screen.getByTestId("start-run"));
    expect(asked.find((one) => one.method === "POST" && one.path === "/runs")?.body).toMatchObject({ kind: "agent", plugin: "weather", dataset: null, config: { place: "Ankara" } });
  });

  it("says what to do where there is no dataset, and takes the bundled one", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ ...answers, "GET /datasets": { body: page([]) }, "POST /datasets/from-source": { status: 201, body: version } });
    showPage(<NewRunPage />);
    await user.click(await screen.findByTestId("start-run"));
    expect(screen.getByText("There is no dataset yet: add one below.")).toBeTruthy();
    expect(screen.getByText("Choose a dataset, or add one below.")).toBeTruthy();
    await user.click(screen.getByTestId("add-bundled"));
    expect(asked.find((one) => one.path === "/datasets/from-source")?.body).toMatchObject({ source: "bundled", options: { series: "departures" } });
    expect(screen.getByTestId<HTMLSelectElement>("dataset-select").value).toBe("co2");
  });

  it("copies an earlier run", async () => {
    answerApi({ ...answers, [`GET /runs/${sampleRun().id}`]: { body: sampleRun({ plugin: "forecasting.naive", config: { epochs: 33, calendar: false }, seed: 7 }) } });
    showPage(<NewRunPage />, { path: `/p/default/new-run?from=${sampleRun().id}` });
    expect((await screen.findByTestId<HTMLSelectElement>("pipeline-select")).value).toBe("forecasting.naive");
    expect(input("epochs").value).toBe("33");
    expect(input("calendar").checked).toBe(false);
    expect(input("seed").value).toBe("7");
  });
});

describe("what fits what", () => {
  const images = { ...version, id: "d2", name: "digits", dataset_schema: { kind: "images", target: "label", unit: "", height: 8, width: 8, channels: 1, classes: ["0", "1"] } };
  const both = {
    ...answers,
    "GET /plugins": { body: page([...PLUGINS, plugin("vision.cnn", { task: "classify" })]) },
    "GET /datasets": { body: page([{ id: "d1", name: "co2", versions: 1, latest: version }, { id: "d2", name: "digits", versions: 1, latest: images }]) },
  };
  const options = (testId: string) => [...screen.getByTestId<HTMLSelectElement>(testId).options].map((option) => option.value).filter((value) => value !== "");

  it("offers a pipeline the datasets that it can learn from, and follows when it changes", async () => {
    const user = userEvent.setup();
    answerApi(both);
    showPage(<NewRunPage />);
    const pipelines = await screen.findByTestId<HTMLSelectElement>("pipeline-select");
    expect(options("dataset-select")).toEqual(["co2"]);
    await user.selectOptions(pipelines, "vision.cnn");
    expect(options("dataset-select")).toEqual(["digits"]);
    expect(screen.getByTestId<HTMLSelectElement>("dataset-select").value).toBe("digits");
  });

  it("offers a dataset the pipelines that can learn from it", async () => {
    answerApi(both);
    showPage(<NewRunPage />, { path: "/p/default/new-run?dataset=digits" });
    const pipelines = await screen.findByTestId<HTMLSelectElement>("pipeline-select");
    expect(options("pipeline-select")).toEqual(["vision.cnn", "weather"]);
    expect(pipelines.value).toBe("vision.cnn");
    expect(screen.getByTestId<HTMLSelectElement>("dataset-select").value).toBe("digits");
  });

  it("takes the pipeline along when a dataset of another kind is added", async () => {
    const user = userEvent.setup();
    answerApi({ ...both, "GET /datasets": { body: page([{ id: "d1", name: "co2", versions: 1, latest: version }]) }, "POST /datasets/from-source": { status: 201, body: images } });
    showPage(<NewRunPage />);
    await user.click(await screen.findByTestId("add-digits"));
    expect(screen.getByTestId<HTMLSelectElement>("dataset-select").value).toBe("digits");
    expect(screen.getByTestId<HTMLSelectElement>("pipeline-select").value).toBe("vision.cnn");
  });
});
