import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { answerApi, page, showPage } from "../../../testing-pages";
import NewAutomationPage from "./NewAutomationPage";
import { readAutomation, valueOf, type TypedAutomation, type TypedStep } from "./typed";

const STEP: TypedStep = { key: 0, do: "train", dataset: "load", model: "", plugin: "forecasting.ridge", body: '{"horizon": 3}', to: [], text: "", version: "", alias: "champion", retries: "2", goesOn: true };
const TYPED: TypedAutomation = {
  name: " fresh ",
  when: { on: "measure", type: "", filters: [], measure: "model.drift", of: "sales", side: "above", limit: "0,5", holdMinutes: "10", timing: { way: "interval", clock: "", days: "*", every: "6", unit: "hours", cron: "", timezone: "UTC" } },
  steps: [STEP],
  coolDown: "600",
  mostPerDay: "24",
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
    expect(screen.getByText("Give it a name.")).toBeTruthy();
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
    expect(await screen.findByText("Write a number.")).toBeTruthy();
    await user.type(screen.getByRole("textbox", { name: "Limit" }), "0.5");
    await user.click(screen.getByTestId("try-first"));
    expect(await screen.findByText(/causes 4, firings 2/)).toBeTruthy();
    expect(asked.some(({ path, method }) => path === "/automations" && method === "POST")).toBe(false);
  });
});
