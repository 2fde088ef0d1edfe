import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Freshness } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import { FreshCard } from "./FreshCard";

const freshness = (fields: Partial<Freshness> = {}): Freshness => ({
  model: "sales",
  kept: false,
  dataset: "load",
  arrives: "by_refresh",
  forecasts: true,
  plugin: "forecasting.ridge",
  refresh: "daily",
  retrain: "weekly",
  notify: [],
  promotes: true,
  approvals: 0,
  outdated: false,
  automations: [],
  standing: null,
  ...fields,
});

const kept = freshness({
  kept: true,
  arrives: "by_append",
  retrain: "6h",
  promotes: false,
  outdated: true,
  automations: [
    { role: "retrain_regularly", id: "a1", name: "keep-fresh:sales:retrain-regularly", paused: false, fires: 3, last_fired_at: "2026-01-02T05:30:00Z", last_state: "failed", next_at: null, problem: null },
    { role: "retrain_when_worse", id: "a2", name: "keep-fresh:sales:retrain-when-worse", paused: true, fires: 0, last_fired_at: null, last_state: null, next_at: null, problem: "it waits" },
  ],
  standing: { version: 2, worse_than: "naive", baselines: [] },
});

describe("FreshCard", () => {
  it("sets the automations up in two clicks, and leaves the policy alone", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /models/sales/keep-fresh": { body: freshness() }, "POST /models/sales/keep-fresh": { body: kept }, "GET /notifications/targets": { body: page([{ name: "team" }]) } });
    showPage(<FreshCard name="sales" writer />);
    await user.click(await screen.findByTestId("keep-fresh"));
    await user.click(screen.getByTestId("fresh-set-up"));
    await waitFor(() => expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ refresh: "daily", retrain: "weekly", notify: [], promote: null }));
    expect(await screen.findByText("Retrain, every 6h")).toBeTruthy();
  });

  it("shows what keeps it fresh, what is missing, and how the champion stands", async () => {
    answerApi({ "GET /models/sales/keep-fresh": { body: kept } });
    showPage(<FreshCard name="sales" writer={false} />);
    expect((await screen.findByRole("link", { name: "Retrain, every 6h" })).getAttribute("href")).toBe("/p/default/automations/a1");
    expect(screen.getByText("Failed")).toBeTruthy();
    expect(screen.getByText("it waits")).toBeTruthy();
    expect(screen.getByText(/Dataset load has no source to refresh from/)).toBeTruthy();
    expect(screen.getByText(/a person promotes/)).toBeTruthy();
    expect(screen.getByText(/Press Change to update them/)).toBeTruthy();
    expect(screen.getByTestId("standing").textContent).toBe("Worse than naive by more than noise");
    expect(screen.queryByTestId("keep-fresh")).toBeNull();
  });

  it("names the automations that were made by hand, and none of its own", async () => {
    const triggers = (...ids: string[]) => ids.map((id) => ({ kind: "automation", id, name: `mine ${id}` }));
    const steps = [
      { name: "observed", triggers: [{ kind: "arrivals", id: null, name: null }] },
      { name: "predicted", triggers: triggers("h1") },
      { name: "learned", triggers: triggers("a1", "h1", "h2") },
    ];
    answerApi({ "GET /models/sales/keep-fresh": { body: freshness({ automations: kept.automations }) }, "GET /models/sales/loop": { body: { model: "sales", steps } } });
    showPage(<FreshCard name="sales" writer={false} />);
    const listed = await screen.findByTestId("fresh-others");
    expect([...listed.querySelectorAll("li")].map((each) => each.textContent)).toEqual(["mine h1: forecasts, retraining", "mine h2: retraining"]);
    expect(screen.queryByText(/only when a person starts them/)).toBeNull();
  });

  it("changes the policy and the targets where they are changed, and stops", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /models/sales/keep-fresh": { body: kept }, "POST /models/sales/keep-fresh": { body: kept }, "DELETE /models/sales/keep-fresh": { body: freshness() }, "GET /notifications/targets": { body: page([{ name: "team" }]) } });
    showPage(<FreshCard name="sales" writer />);
    await user.click(await screen.findByTestId("keep-fresh"));
    await user.click(await screen.findByRole("checkbox", { name: "team" }));
    await user.click(screen.getByRole("checkbox", { name: "Promote a version automatically when it passes the gate" }));
    await user.click(screen.getByTestId("fresh-set-up"));
    await waitFor(() => expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ refresh: "daily", retrain: "6h", notify: ["team"], promote: true }));
    await user.click(await screen.findByTestId("fresh-off"));
    expect(await screen.findByText("Keep this model fresh")).toBeTruthy();
  });
});
