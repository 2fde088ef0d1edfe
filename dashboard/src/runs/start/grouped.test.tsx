import { fireEvent, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it } from "vitest";

import type { Plugin } from "../../api/types";
import { forgetDrafts, readDraft } from "../../projects/draft";
import { answerApi, page, showPage } from "../../testing-pages";
import { sampleRun } from "../samples";
import { arranged, isChanged } from "./form";
import NewRunPage from "./NewRunPage";
import { fieldsOf } from "./schema";

const TRAINING = { en: "Training", tr: "Eğitim" };
const SCHEMA = {
  properties: {
    epochs: { type: "integer", default: 60, minimum: 1, maximum: 100, essential: true },
    rate: { type: "number", default: 0.01, group: TRAINING },
    patience: { type: "integer", default: 8, minimum: 1, maximum: 50, group: TRAINING },
    odd: { type: "boolean", default: true },
    place: { type: "string" },
  },
  required: ["place"],
};

const lstm: Plugin = { name: "lstm", kind: "pipeline", task: "forecast", version: "1", origin: "azuraforge", title: { en: "LSTM" }, summary: {}, capabilities: [], schema: SCHEMA, error: null };
const version = { id: "d1", name: "co2", version: 1, fingerprint: "f", file_sha256: null, rows: 9, start: null, end: null, source: "bundled", provenance: {}, findings: [], created: true, created_at: "2026-01-01T00:00:00Z", dataset_schema: { kind: "series", time: "time", target: "co2", features: [], frequency: "1w", season: 52, timezone: "UTC", unit: "ppm" } };
const parts = [
  { name: "train", rows: 1200, windows: 1100, start: "2020-01-01T00:00:00Z", end: "2022-01-01T00:00:00Z" },
  { name: "validation", rows: 300, windows: 289, start: null, end: null },
  { name: "test", rows: 300, windows: null, start: null, end: null },
];
const answers = {
  "GET /plugins": { body: page([lstm]) },
  "GET /datasets": { body: page([{ id: "d1", name: "co2", versions: 1, latest: version }]) },
  "POST /runs": { status: 201, body: sampleRun() },
  "POST /runs/dry-run": { body: { name: "n", plugin: "lstm", config: {}, dataset_name: "co2", dataset_version: 1, model: "co2", parts } },
};
const input = (name: string) => document.querySelector<HTMLInputElement>(`[name="${name}"]`) as HTMLInputElement;
const group = (title: string) => screen.getByText(title).closest("details") as HTMLDetailsElement;

beforeEach(() => forgetDrafts());

describe("arranged", () => {
  it("opens essential and required fields, and folds the others into their groups, the rest last", () => {
    const { open, groups } = arranged(fieldsOf(SCHEMA, "tr"));
    expect(open.map(({ name }) => name)).toEqual(["epochs", "place"]);
    expect(groups.map(({ title, fields }) => [title, fields.map(({ name }) => name)])).toEqual([["Eğitim", ["rate", "patience"]], ["", ["odd"]]]);
  });

  it("shows all fields of a plugin that declares nothing", () => {
    const fields = fieldsOf({ properties: { a: { type: "integer", default: 1 }, b: { type: "string", default: "" } } }, "en");
    expect(arranged(fields)).toEqual({ open: fields, groups: [] });
  });
});

describe("isChanged", () => {
  const [epochs, rate] = fieldsOf(SCHEMA, "en");
  it.each([
    ["60", false],
    [" 60 ", false],
    ["61", true],
    ["x", true],
  ])("epochs %j", (typed, changed) => expect(isChanged(epochs as never, typed, "60")).toBe(changed));
  it("compares values, not their spelling", () => expect(isChanged(rate as never, "0.010", "0.01")).toBe(false));
});

describe("the form of a run", () => {
  it("marks what was changed, counts it at its group, and resets it", async () => {
    const user = userEvent.setup();
    answerApi(answers);
    showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    expect(group("Training").open).toBe(false);
    await user.clear(input("patience"));
    await user.type(input("patience"), "9");
    expect(within(group("Training")).getByText("1 changed")).toBeTruthy();
    expect(screen.getByText("Changed; default: 8")).toBeTruthy();
    await user.click(screen.getByRole("button", { name: "Reset Patience" }));
    expect(input("patience").value).toBe("8");
    expect(screen.queryByText("1 changed")).toBeNull();
  });

  it("says what differs from a copied run, not from the defaults", async () => {
    const user = userEvent.setup();
    answerApi({ ...answers, [`GET /runs/${sampleRun().id}`]: { body: sampleRun({ plugin: "lstm", config: { epochs: 33, place: "Rome" } }) } });
    showPage(<NewRunPage />, { path: `/p/default/new-run?from=${sampleRun().id}` });
    await screen.findByTestId("start-run");
    expect(document.querySelector("[data-changed]")).toBeNull();
    await user.clear(input("epochs"));
    await user.type(input("epochs"), "60");
    expect(screen.getByText("Differs from the copied run: 33")).toBeTruthy();
  });

  it("takes the focus to the faulty field and unfolds its group", async () => {
    const user = userEvent.setup();
    answerApi(answers);
    showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.type(input("place"), "Rome");
    fireEvent.change(input("patience"), { target: { value: "99" } });
    await user.click(screen.getByTestId("start-run"));
    expect(group("Training").open).toBe(true);
    expect(document.activeElement).toBe(input("patience"));
    await user.clear(input("place"));
    await user.click(screen.getByTestId("start-run"));
    expect(document.activeElement).toBe(input("place"));
  });

  it("takes the focus to the field that the platform complains about", async () => {
    const user = userEvent.setup();
    answerApi({ ...answers, "POST /runs": { status: 422, body: { detail: "rate is too high today", code: "invalid_input", where: "config.rate", next_step: "lower it" } } });
    showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.type(input("place"), "Rome");
    await user.click(screen.getByTestId("start-run"));
    expect((await screen.findAllByText("rate is too high today")).length).toBeGreaterThan(0);
    expect(document.activeElement).toBe(input("rate"));
    expect(group("Training").open).toBe(true);
  });

  it("shows the rows and windows of each part before the start", async () => {
    const user = userEvent.setup();
    const asked = answerApi(answers);
    showPage(<NewRunPage />);
    expect(await screen.findByText(/to see the parts of the data/)).toBeTruthy();
    await user.type(input("place"), "Rome");
    const table = await screen.findByTestId("plan-table", {}, { timeout: 5000 });
    expect([...table.querySelectorAll("tbody tr")].map((row) => [...row.querySelectorAll("th, td")].slice(0, 3).map((cell) => cell.textContent))).toEqual([
      ["training set", "1,200", "1,100"],
      ["validation set", "300", "289"],
      ["test set", "300", "–"],
    ]);
    expect(asked.filter((one) => one.path === "/runs/dry-run").at(-1)?.body).toMatchObject({ kind: "train", plugin: "lstm", dataset: "co2", config: { place: "Rome", epochs: 60 } });
    expect(asked.some((one) => one.path === "/runs")).toBe(false);
  });

  it("says why a run could not start, before it is started", async () => {
    const user = userEvent.setup();
    answerApi({ ...answers, "POST /runs/dry-run": { status: 422, body: { detail: "the series is too short", code: "invalid_input", next_step: "add rows" } } });
    showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.type(input("place"), "Rome");
    expect(await screen.findByText("the series is too short", {}, { timeout: 5000 })).toBeTruthy();
  });
});

describe("an unfinished form", () => {
  it("comes back after the session has ended, and is forgotten once the run has started", async () => {
    const user = userEvent.setup();
    answerApi({ ...answers, "POST /runs": { status: 401, body: { detail: "sign in", code: "unauthorized" } } });
    const first = showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.type(input("place"), "Rome");
    await user.type(input("run-name"), "night run");
    await user.click(screen.getByTestId("start-run"));
    first.unmount();
    answerApi(answers);
    const second = showPage(<NewRunPage />);
    await screen.findByText(/has been restored/);
    expect([input("place").value, input("run-name").value]).toEqual(["Rome", "night run"]);
    await user.click(screen.getByTestId("start-run"));
    expect(second.history.at(-1)).toBe(`/p/default/runs/${sampleRun().id}`);
    expect(Object.keys(sessionStorage).filter((key) => key.startsWith("draft:"))).toEqual([]);
  });

  it("is thrown away on request", async () => {
    const user = userEvent.setup();
    answerApi(answers);
    const first = showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.type(input("place"), "Rome");
    first.unmount();
    showPage(<NewRunPage />);
    await user.click(await screen.findByRole("button", { name: "Start again" }));
    expect(input("place").value).toBe("");
  });

  it("is not shown to another person, and keeps no secret", () => {
    sessionStorage.setItem("draft:default:/p/default/new-run:run", JSON.stringify({ person: "anna", value: { a: 1 } }));
    expect(readDraft("draft:default:/p/default/new-run:run", "anna")).toEqual({ a: 1 });
    expect(readDraft("draft:default:/p/default/new-run:run", "bert")).toBeNull();
    expect(sessionStorage.getItem("draft:default:/p/default/new-run:run")).toBeNull();
  });

  it("never stores passwords and tokens", async () => {
    const user = userEvent.setup();
    const schema = { properties: { place: { type: "string" }, api_token: { type: "string" } }, required: ["place"] };
    answerApi({ ...answers, "GET /plugins": { body: page([{ ...lstm, schema }]) } });
    showPage(<NewRunPage />);
    await screen.findByTestId("start-run");
    await user.type(input("place"), "Rome");
    await user.type(input("api_token"), "s3cret");
    const stored = Object.entries(sessionStorage).filter(([key]) => key.startsWith("draft:")).map(([, text]) => String(text)).join();
    expect(stored).toContain("Rome");
    expect(stored).not.toContain("s3cret");
  });
});
