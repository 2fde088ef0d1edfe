import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Automation, AutomationFiring, AutomationWhen } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import AutomationPage from "./AutomationPage";
import AutomationsPage from "./AutomationsPage";
import { filtersOf, limitOf, objectOf } from "./sentences";

const step = (fields: Partial<AutomationFiring["steps"][number]>): AutomationFiring["steps"][number] => ({
  position: 1,
  do: "train",
  state: "succeeded",
  tries: 0,
  run_id: null,
  study_name: null,
  error: null,
  started_at: null,
  ended_at: null,
  ...fields,
});

const firing = (fields: Partial<AutomationFiring> = {}): AutomationFiring => ({
  id: "f1",
  cause: "event:41",
  causes: 1,
  data: {},
  state: "failed",
  fired_at: "2026-01-02T05:30:00Z",
  ended_at: null,
  steps: [
    step({ run_id: "r1" }),
    step({ position: 2, do: "promote", state: "failed", tries: 2, error: { code: "not_found", message: "model 's' has no version 9", where: null, next_step: "choose another", details: null } }),
    step({ position: 3, do: "notify", state: "skipped" }),
  ],
  ...fields,
});

const onEvent: AutomationWhen = { on: "event", type: "model.drift", where: [{ field: "model", equals: "s" }] };
const automation = (fields: Partial<Automation> = {}): Automation => ({
  id: "a1",
  name: "fresh",
  when: onEvent,
  steps: [
    { do: "train", run: { plugin: "forecasting.ridge", dataset: "s" }, retries: 2, on_failure: "continue" },
    { do: "notify", to: ["team", "chief"], retries: 0, on_failure: "stop" },
  ],
  cool_down_seconds: 60,
  revision: 1,
  cool_down_group: null,
  most_per_day: 24,
  paused: false,
  next_at: null,
  value: null,
  problem: null,
  last_fired_at: null,
  pending: 0,
  pending_at: null,
  fires: 2,
  grouped: 5,
  withheld: 1,
  newest_firings: [firing(), firing({ id: "f2", cause: "asked:x", causes: 3, state: "succeeded", steps: [] })],
  created_at: "2026-01-01T00:00:00Z",
  ...fields,
});

describe("sentences", () => {
  it("says each condition of a filter, also that a field is empty", () => {
    expect(
      filtersOf([
        { field: "error.code", equals: null },
        { field: "model", one_of: ["a", "b"] },
        { field: "loss", above: 1, below: 2 },
        { field: "kind", equals: "train", above: 0 },
      ]),
    ).toEqual(["error.code = null", "model ∈ {a, b}", "loss > 1", "loss < 2", "kind = train", "kind > 0"]);
  });

  it("says a limit, also zero, and what it is of", () => {
    const when = { on: "measure", measure: "dataset.age_seconds", of: "s", above: 0, for_seconds: 0, every_seconds: 300 } as const;
    expect(limitOf(when)).toBe("dataset.age_seconds (s) > 0");
    expect(limitOf({ ...when, of: null, above: null, below: 0.5 })).toBe("dataset.age_seconds < 0.5");
  });

  it("says what a step acts on, each name once", () => {
    const rules = { retries: 0, on_failure: "stop" } as const;
    expect(objectOf({ do: "predict", run: { model: "s", dataset: "s" }, ...rules })).toBe("s");
    expect(objectOf({ do: "promote", model: "s", version: 3, alias: "champion", ...rules })).toBe("s v3 → champion");
    expect(objectOf({ do: "train", ...rules })).toBe("");
  });
});

const nobody = { "GET /notifications/targets": { body: page([]) }, "GET /notifications": { body: page([]) } };

describe("AutomationsPage", () => {
  it("says what to do where there is none", async () => {
    answerApi({ "GET /automations": { body: page([]) }, ...nobody });
    showPage(<AutomationsPage />);
    expect(await screen.findByText("No automations yet")).toBeTruthy();
    expect(screen.getByTestId("new-automation").getAttribute("href")).toBe("/p/default/new-automation");
  });

  it("lists when, then, the last firing and what is wrong; it fires and pauses", async () => {
    const user = userEvent.setup();
    const watching = automation({ id: "a2", name: "full", when: { on: "measure", measure: "disk.used_share", above: 0.9, for_seconds: 600, every_seconds: 60 }, problem: "dataset 's' does not exist", newest_firings: [] });
    const asked = answerApi({ "GET /automations": { body: page([automation(), watching]) }, "POST /automations/a1/fire": { status: 201, body: automation() }, "POST /automations/a1/pause": { body: automation({ paused: true }) }, ...nobody });
    showPage(<AutomationsPage />);
    const [fresh, full] = (await screen.findAllByRole("row")).slice(1) as [HTMLElement, HTMLElement];
    expect(within(fresh).getByRole("link", { name: "fresh" }).getAttribute("href")).toBe("/p/default/automations/a1");
    expect(within(fresh).getByText("model = s")).toBeTruthy();
    expect(within(fresh).getByText("train → notify")).toBeTruthy();
    expect(within(fresh).getByText("Failed")).toBeTruthy();
    expect(within(full).getByText("disk.used_share > 0.9")).toBeTruthy();
    expect(within(full).getByText("dataset 's' does not exist")).toBeTruthy();
    expect(within(full).getByText("not fired yet")).toBeTruthy();
    await user.click(within(fresh).getByTestId("fire-automation"));
    await user.click(within(fresh).getByTestId("pause-automation"));
    expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual(["/automations/a1/fire", "/automations/a1/pause"]);
  });

  it("offers a viewer nothing to change", async () => {
    answerApi({ "GET /automations": { body: page([automation()]) }, ...nobody });
    showPage(<AutomationsPage />, { role: "viewer" });
    await screen.findByText("fresh");
    expect(screen.queryByTestId("new-automation")).toBeNull();
    expect(screen.queryByTestId("add-target")).toBeNull();
    expect(screen.queryByTestId("fire-automation")).toBeNull();
  });
});

describe("AutomationPage", () => {
  it("shows steps with their rules, and each firing with cause, steps, run and error", async () => {
    answerApi({ "GET /automations/a1": { body: automation() } });
    showPage(<AutomationPage id="a1" />);
    const steps = await screen.findByTestId("steps");
    expect(steps.textContent).toContain("retried 2 times; a failure does not end the firing");
    expect(steps.textContent).toContain("team, chief");
    expect(screen.getByText("Firings: 2. Grouped causes: 5, withheld by the limit: 1, waiting: 0")).toBeTruthy();
    const [first, second] = screen.getAllByTestId("firing") as [HTMLElement, HTMLElement];
    expect(within(first).getByText("event number 41 in the log")).toBeTruthy();
    expect(within(first).getByRole("link", { name: "train" }).getAttribute("href")).toBe("/p/default/runs/r1");
    expect(within(first).getByText("model 's' has no version 9 What to do: choose another")).toBeTruthy();
    expect(within(first).getByText("Skipped")).toBeTruthy();
    expect(second.textContent).toContain("manualfor 3 causes");
  });

  it("tries the past month only when it is asked to", async () => {
    const user = userEvent.setup();
    const tried = { since: "2026-01-01T00:00:00Z", until: "2026-01-31T00:00:00Z", seen: 900, causes: 4, fires: 2, grouped: 2, withheld: 0, firings: [{ at: "2026-01-02T05:30:00Z", cause: "event:7", causes: 3, data: {} }], complete: false, note: "only the newest 900 events were looked at" };
    const asked = answerApi({ "GET /automations/a1": { body: automation() }, "GET /automations/a1/dry-run": { body: tried } });
    showPage(<AutomationPage id="a1" />);
    const card = await screen.findByTestId("dry-run-card");
    expect(asked.some(({ path }) => path.endsWith("dry-run"))).toBe(false);
    await user.click(screen.getByTestId("dry-run"));
    expect(await within(card).findByText(/Causes: 4; firings: 2; grouped causes: 2/)).toBeTruthy();
    expect(within(card).getByText("only the newest 900 events were looked at")).toBeTruthy();
    expect(within(card).getByText("event number 7 in the log")).toBeTruthy();
  });

  it("asks before it deletes, and leaves", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /automations/a1": { body: automation() }, "DELETE /automations/a1": { status: 204, body: null } });
    const { history } = showPage(<AutomationPage id="a1" />);
    await user.click(await screen.findByTestId("delete-automation"));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await user.click(screen.getByTestId("confirm-delete"));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/automations"));
  });
});
