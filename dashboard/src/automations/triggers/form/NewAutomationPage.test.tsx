import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { answerApi, page, showPage } from "../../../testing-pages";
import type { Automation } from "../../../api/types";
import NewAutomationPage from "./NewAutomationPage";
import EditAutomationPage from "./EditAutomationPage";
import { typedAutomation } from "./stored";
import { readAutomation, readFilter, valueOf, type TypedAutomation, type TypedStep } from "./typed";

const STEP: TypedStep = { key: 0, do: "train", dataset: "load", model: "", plugin: "forecasting.ridge", body: '{"horizon": 3}', to: [], text: "", version: "", alias: "champion", retries: "2", goesOn: true };
const TYPED: TypedAutomation = {
  name: " fresh ",
  when: { on: "measure", type: "", filters: [], measure: "model.drift", of: "sales", side: "above", limit: "0,5", holdMinutes: "10", everySeconds: 300, timing: { way: "interval", clock: "", days: "*", every: "6", unit: "hours", cron: "", timezone: "UTC" } },
  steps: [STEP],
  coolDown: "600",
  mostPerDay: "24",
  paused: false,
};

describe("readAutomation", () => {
  it("reads a measure and a run with its config", () => {
    expect(readAutomation(TYPED)).toEqual({
      request: {
        name: "fresh",
        when: { on: "measure", measure: "model.drift", of: "sales", above: 0.5, for_seconds: 600, every_seconds: 300 },
        steps: [{ do: "train", run: { plugin: "forecasting.ridge", dataset: "load", config: { horizon: 3 } }, retries: 2, on_failure: "continue" }],
        cool_down_seconds: 600,
        most_per_day: 24,
        paused: false,
      },
    });
  });

  it("names the input that cannot be read", () => {
    expect(readAutomation({ ...TYPED, when: { ...TYPED.when, limit: "much" } })).toEqual({ fault: "limit" });
    expect(readAutomation({ ...TYPED, steps: [STEP, { ...STEP, body: "[1]" }] })).toEqual({ fault: "body 2" });
    const schedule = { ...TYPED.when, on: "schedule" as const };
    expect(readAutomation({ ...TYPED, when: { ...schedule, timing: { ...schedule.timing, every: "0" } } })).toEqual({ fault: "timing" });
    const read = readAutomation({ ...TYPED, when: schedule });
    expect("request" in read && read.request.when).toEqual({ on: "schedule", timezone: "UTC", interval: { every: 6, unit: "hours" } });
  });

  it("reads values as they look", () => {
    expect([valueOf("true"), valueOf("-2.5"), valueOf("v3"), valueOf("")]).toEqual([true, -2.5, "v3", ""]);
  });
});

describe("NewAutomationPage", () => {
  it("stores an event with a filter and two steps, after the server said what is wrong", async () => {
    const user = userEvent.setup();
    let refused = true;
    const asked = answerApi({
      "GET /notifications/targets": { body: page([{ name: "team" }]) },
      "POST /automations": () => (refused ? { status: 422, body: { detail: "the automation would fire itself: a → b → a", where: "steps", code: "cycle" } } : { status: 201, body: { id: "a9" } }),
    });
    const { history } = showPage(<NewAutomationPage />);
    await user.click(screen.getByTestId("create-automation"));
    expect(screen.getByText("Enter a name.")).toBeTruthy();
    await user.type(screen.getByRole("textbox", { name: "Name" }), "after");
    await user.type(screen.getByRole("textbox", { name: "Field 1" }), "dataset");
    await user.type(screen.getByRole("textbox", { name: "Value 1" }), "load");
    await user.selectOptions(within(screen.getByTestId("step-1")).getByTestId("do-select"), "forecast");
    await user.type(screen.getByRole("textbox", { name: "Model" }), "sales");
    await user.click(screen.getByTestId("add-step"));
    await user.selectOptions(within(screen.getByTestId("step-2")).getByTestId("do-select"), "notify");
    await user.click(await screen.findByRole("checkbox", { name: "team" }));
    await user.click(screen.getByTestId("create-automation"));
    expect(await screen.findByText("the automation would fire itself: a → b → a")).toBeTruthy();
    refused = false;
    await user.click(screen.getByTestId("create-automation"));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/automations/a9"));
    expect(asked.findLast(({ method }) => method === "POST")?.body).toMatchObject({
      when: { on: "event", type: "dataset.version_added", where: [{ field: "dataset", equals: "load" }] },
      steps: [{ do: "forecast", run: { model: "sales" } }, { do: "notify", to: ["team"], text: null, on_failure: "stop" }],
    });
  });

  it("tries the past month before anything is saved", async () => {
    const user = userEvent.setup();
    const tried = { since: "2026-01-01T00:00:00Z", until: "2026-01-31T00:00:00Z", seen: 9, causes: 4, fires: 2, grouped: 2, withheld: 0, firings: [], complete: true, note: null };
    const asked = answerApi({ "POST /automations/dry-run": { body: tried }, "GET /automations/measures": { body: page([{ name: "model.drift", about: { en: "1 while drift is reported" } }]) } });
    showPage(<NewAutomationPage />);
    await user.selectOptions(screen.getByTestId("on-select"), "measure");
    await user.selectOptions(await screen.findByTestId("measure-select"), "model.drift");
    expect(screen.getByText("1 while drift is reported")).toBeTruthy();
    await user.click(screen.getByTestId("try-first"));
    expect(await screen.findByText("Enter a number.")).toBeTruthy();
    await user.type(screen.getByRole("textbox", { name: "Limit" }), "0.5");
    await user.click(screen.getByTestId("try-first"));
    expect(await screen.findByText(/Causes: 4; firings: 2/)).toBeTruthy();
    expect(asked.some(({ path, method }) => path === "/automations" && method === "POST")).toBe(false);
  });
});

const stored = {
  id: "a1",
  name: "fresh",
  revision: 7,
  when: { on: "event", type: "run.state", where: [{ field: "kind", equals: "3", one_of: null, above: null, below: null }, { field: "loss", equals: null, one_of: null, above: 0.5, below: null }, { field: "state", equals: null, one_of: ["a", "b"], above: null, below: null }] },
  steps: [
    { do: "train", run: { plugin: "forecasting.ridge", dataset: "load", config: { horizon: 3 }, seed: 5 }, retries: 2, on_failure: "continue" },
    { do: "predict", run: { model: "load", config: { rows: 9 } }, retries: 0, on_failure: "stop" },
    { do: "notify", to: ["team"], text: null, retries: 0, on_failure: "stop" },
  ],
  cool_down_seconds: 60,
  cool_down_group: "retrain load",
  most_per_day: 24,
  paused: true,
  newest_firings: [],
} as unknown as Automation;

describe("EditAutomationPage", () => {
  it("sends back what it was not asked to change", () => {
    const { name, when, steps, cool_down_seconds, cool_down_group, most_per_day, paused } = stored;
    expect(readAutomation(typedAutomation(stored))).toEqual({ request: { name, when, steps, cool_down_seconds, cool_down_group, most_per_day, paused } });
    const measure = { on: "measure", measure: "model.drift", of: "load", below: 2, for_seconds: 90, every_seconds: 60 } as const;
    expect(readAutomation(typedAutomation({ ...stored, when: measure }))).toMatchObject({ request: { when: measure } });
    const schedule = { on: "schedule", cron: "30 6 * * 1-5", timezone: "Europe/Istanbul" } as const;
    expect(readAutomation(typedAutomation({ ...stored, when: { ...schedule, interval: null, anchor_at: null } }))).toMatchObject({ request: { when: schedule } });
  });

  it("reads conditions as they are shown", () => {
    expect(["> 0.5", "< 3", "> 1 < 2", "∈ {a, 2}", "a > b", ""].map((value) => readFilter({ field: "f", value }))).toEqual([
      { field: "f", above: 0.5 },
      { field: "f", below: 3 },
      { field: "f", above: 1, below: 2 },
      { field: "f", one_of: ["a", 2] },
      { field: "f", equals: "a > b" },
      { field: "f", equals: "" },
    ]);
  });

  it("names the revision that was read, and shows that somebody was faster", async () => {
    const user = userEvent.setup();
    let refused = true;
    const asked = answerApi({
      "GET /automations/a1": { body: stored },
      "GET /notifications/targets": { body: page([{ name: "team" }]) },
      "GET /plugins": { body: page([]) },
      "PUT /automations/a1": () => (refused ? { status: 409, body: { detail: "automation 'fresh' was changed meanwhile", code: "changed_meanwhile" } } : { body: stored }),
    });
    const { history } = showPage(<EditAutomationPage id="a1" />);
    const name = await screen.findByRole("textbox", { name: "Name" });
    await user.clear(name);
    await user.type(name, "renamed");
    await user.click(screen.getByTestId("create-automation"));
    expect(await screen.findByText("automation 'fresh' was changed meanwhile")).toBeTruthy();
    refused = false;
    await user.click(screen.getByTestId("create-automation"));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/automations/a1"));
    expect(asked.findLast(({ method }) => method === "PUT")?.body).toMatchObject({ name: "renamed", revision: 7, paused: true, steps: stored.steps });
  });
});
