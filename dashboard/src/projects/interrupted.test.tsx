import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { App } from "../App";
import { sampleRun } from "../runs/samples";
import { answerApi, LiveSocket, page } from "../testing-pages";

const version = { id: "d1", name: "co2", version: 1, fingerprint: "f", file_sha256: null, rows: 9, start: null, end: null, source: "bundled", provenance: {}, findings: [], created: true, created_at: "2026-01-01T00:00:00Z", dataset_schema: { kind: "series", time: "time", target: "co2", features: [], past_features: [], incumbent: null, groups: {}, frequency: "1w", season: 52, timezone: "UTC", unit: "ppm", available_after: {} } };
const plugins = [
  { name: "forecasting.lstm", kind: "pipeline", task: "forecast", version: "1", origin: "azuraforge", title: {}, summary: {}, capabilities: [], schema: { properties: {} }, error: null },
  { name: "forecast", kind: "task_kind", task: null, version: "1", origin: "azuraforge", title: {}, summary: {}, capabilities: [], schema: null, error: null, task_kind: { name: "forecast", data: "series", serving: null, title: {}, summary: {}, origin: "", metrics: [], ranked_by: "", gate_metrics: [], objectives: [], slices: [], baselines: [], config_fields: [], pipeline: "forecasting.lstm" } },
];
const run = sampleRun({ state: "succeeded" });

let role = "member";
let signedIn = true;
let dataset: "there" | "deleted" | "purged" = "there";

/** A platform whose session and role can end. */
function answer() {
  const inside = (body: unknown) => () => (signedIn ? { body } : { status: 401, body: { detail: "sign in again", code: "unauthorized" } });
  const current = () => ({ slug: "default", name: "Default", role, archived: false, person: "ada" });
  return answerApi({
    "GET /projects/current": () => inside(current())(),
    "GET /projects": inside(page([current()])),
    "GET /plugins": inside(page(plugins)),
    "GET /datasets": inside(page([{ id: "d1", name: "co2", versions: 1, latest: version, numbers: [1] }])),
    "GET /datasets/co2": () => (dataset === "purged" ? { status: 404, body: { detail: "dataset 'co2' does not exist", code: "not_found" } } : { body: { ...version, deleted_at: dataset === "there" ? null : "2026-01-02T00:00:00Z", deleted_by: "eve" } }),
    "GET /studies": inside(page([])),
    "GET /studies/space": inside({ plugin: "forecasting.lstm", task: "forecast", fields: [], metrics: ["rmse"] }),
    "GET /runs": inside(page([run])),
    [`GET /runs/${run.id}`]: inside(run),
    "GET /models": inside(page([])),
    "POST /schedules/times": inside({ next_fires: [] }),
    "POST /sessions": () => {
      signedIn = true;
      return { status: 201, body: { person: "ada", expires_at: null } };
    },
  });
}

function open(address: string): void {
  vi.stubGlobal("WebSocket", LiveSocket);
  window.history.replaceState(null, "", address);
  render(<App />);
}

const field = async (name: string) => {
  await waitFor(() => expect(document.querySelector(`main [name="${name}"]`)).not.toBeNull());
  return document.querySelector<HTMLInputElement>(`main [name="${name}"]`) as HTMLInputElement;
};

beforeEach(() => {
  [role, signedIn, dataset] = ["member", true, "there"];
});
afterEach(() => window.history.replaceState(null, "", "/"));

describe("a session that ends while a form is filled in", () => {
  it.each(["new-study", "new-automation", "new-schedule"])("returns to %s with what was typed", async (form) => {
    const user = userEvent.setup();
    answer();
    open(`/p/default/${form}`);
    await user.clear(await field("name"));
    await user.type(await field("name"), "half a name");
    signedIn = false;
    LiveSocket.latest?.send([{ seq: 1, type: "project.changed", at: "2026-01-01T00:00:00Z", project: "default", data: {} }]);
    await user.type(await screen.findByTestId("sign-in-name"), "ada");
    await user.type(screen.getByTestId("sign-in-password"), "three purple anchors");
    await user.click(screen.getByTestId("sign-in-submit"));
    await screen.findByText("What you typed before has been restored.");
    expect((await field("name")).value).toBe("half a name");
    expect(window.location.pathname).toBe(`/p/default/${form}`);
    await user.click(screen.getByRole("button", { name: "Start again" }));
    expect((await field("name")).value).not.toBe("half a name");
  });
});

describe("a role that changes while a page is open", () => {
  it("is said, and the form stays without being able to be sent", async () => {
    const user = userEvent.setup();
    const asked = answer();
    open("/p/default/new-study");
    await user.type(await field("name"), "night search");
    role = "viewer";
    LiveSocket.latest?.send([{ seq: 1, type: "member.changed", at: "2026-01-01T00:00:00Z", project: "default", data: {} }]);
    expect((await screen.findByTestId("role-changed")).textContent).toContain("from member to viewer");
    expect(screen.getByTestId("writers-only").textContent).toContain("Your role is viewer");
    expect((await field("name")).value).toBe("night search");
    await user.click(screen.getByTestId("create-study"));
    expect(asked.some(({ method, path }) => method === "POST" && path === "/studies")).toBe(false);
    role = "member";
    LiveSocket.latest?.send([{ seq: 2, type: "member.changed", at: "2026-01-01T00:00:00Z", project: "default", data: {} }]);
    await waitFor(() => expect(screen.queryByTestId("writers-only")).toBeNull());
    expect((await field("name")).value).toBe("night search");
  });
});

describe("a dataset that is deleted while its page is open", () => {
  it("is shown as deleted, then leads to the list once it is purged", async () => {
    answer();
    open("/p/default/datasets/co2");
    await screen.findByTestId("add-rows");
    dataset = "deleted";
    LiveSocket.latest?.send([{ seq: 1, type: "dataset.deleted", at: "2026-01-01T00:00:00Z", project: "default", data: {} }]);
    expect((await screen.findByTestId("restore")).textContent).toContain("Restore");
    expect(screen.queryByTestId("add-rows")).toBeNull();
    dataset = "purged";
    LiveSocket.latest?.send([{ seq: 2, type: "trash.purged", at: "2026-01-01T00:00:00Z", project: "default", data: {} }]);
    await screen.findByText("dataset 'co2' does not exist");
    expect(screen.getByRole("link", { name: "Go to: Datasets" }).getAttribute("href")).toBe("/p/default/datasets");
  });
});
