import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Fire, Schedule } from "../api/types";
import { sampleRun } from "../runs/samples";
import { answerApi, showPage, page } from "../testing-pages";
import NewSchedulePage from "./NewSchedulePage";
import SchedulePage from "./SchedulePage";
import SchedulesPage from "./SchedulesPage";

const fire = (fields: Partial<Fire> = {}): Fire => ({
  fire_time: "2026-01-02T05:30:00Z",
  cause: "due",
  fired_at: "2026-01-02T05:30:01Z",
  run_id: "r1",
  run_name: "co2 by lstm",
  run_state: "succeeded",
  error: null,
  ...fields,
});

const schedule = (fields: Partial<Schedule> = {}): Schedule => ({
  id: "s1",
  name: "nightly",
  cron: "30 6 * * *",
  interval: null,
  timezone: "Asia/Tokyo",
  anchor_at: "2026-01-01T00:00:00Z",
  misfire: "once",
  grace_seconds: 60,
  run: { kind: "train", plugin: "forecasting.lstm", dataset: "co2", config: { epochs: 60 }, seed: 7 } as unknown as Schedule["run"],
  paused: false,
  next_fires: ["2026-01-03T05:30:00Z", "2026-01-04T05:30:00Z"],
  fires: 2,
  left_out: 1,
  newest_fires: [fire(), fire({ fire_time: "2026-01-01T05:30:00Z", run_id: null, run_name: null, run_state: null, error: { code: "not_found", message: "the dataset is gone", where: null, next_step: "add it", details: null } })],
  created_at: "2026-01-01T00:00:00Z",
  ...fields,
});

const moment = (at: string) => new Intl.DateTimeFormat("en-US", { dateStyle: "medium", timeStyle: "short" }).format(new Date(at));

describe("SchedulesPage", () => {
  it("says what to do where there is none", async () => {
    answerApi({ "GET /schedules": { body: page([]) } });
    showPage(<SchedulesPage />);
    expect(await screen.findByText("No schedules yet")).toBeTruthy();
    expect(screen.getByRole("link", { name: "Create the first schedule" }).getAttribute("href")).toBe("/p/default/new-schedule");
  });

  it("lists when, next, and the last runs with links; a fire without a run says why", async () => {
    answerApi({ "GET /schedules": { body: page([schedule(), schedule({ id: "s2", name: "steady", cron: null, interval: { every: 6, unit: "hours" }, paused: true, next_fires: [], newest_fires: [] })]) } });
    showPage(<SchedulesPage />);
    const [nightly, steady] = (await screen.findAllByRole("row")).slice(1) as [HTMLElement, HTMLElement];
    expect(within(nightly).getByRole("link", { name: "nightly" }).getAttribute("href")).toBe("/p/default/schedules/s1");
    expect(within(nightly).getByText(moment("2026-01-03T05:30:00Z"))).toBeTruthy();
    expect(within(nightly).getByRole("link", { name: "co2 by lstm: Succeeded" }).getAttribute("href")).toBe("/p/default/runs/r1");
    expect(within(nightly).getByText("the dataset is gone")).toBeTruthy();
    expect(within(steady).getByText("Every 6 hours")).toBeTruthy();
    expect(within(steady).getByText("Paused")).toBeTruthy();
    expect(within(steady).getByText("not fired yet")).toBeTruthy();
  });

  it("runs now and pauses", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /schedules": { body: page([schedule()]) }, "POST /schedules/s1/run": { status: 201, body: fire() }, "POST /schedules/s1/pause": { body: schedule({ paused: true }) } });
    showPage(<SchedulesPage />);
    await user.click(await screen.findByTestId("run-now"));
    await user.click(screen.getByTestId("pause-schedule"));
    expect(asked.filter(({ method }) => method === "POST").map(({ path }) => path)).toEqual(["/schedules/s1/run", "/schedules/s1/pause"]);
  });

  it("offers a viewer nothing to change", async () => {
    answerApi({ "GET /schedules": { body: page([schedule()]) } });
    showPage(<SchedulesPage />, { role: "viewer" });
    await screen.findByText("nightly");
    expect(screen.queryByTestId("run-now")).toBeNull();
    expect(screen.queryByTestId("new-schedule")).toBeNull();
  });
});

describe("SchedulePage", () => {
  it("shows next times in the reader's zone and in its own, its fires, and what it runs", async () => {
    answerApi({ "GET /schedules/s1": { body: schedule() } });
    showPage(<SchedulePage id="s1" />);
    const times = await screen.findByTestId("next-times");
    expect(times.textContent).toContain(moment("2026-01-03T05:30:00Z"));
    expect(times.textContent).toContain("Asia/Tokyo");
    expect(times.textContent).toContain("2:30 PM");
    expect(screen.getByText("Firings: 2, skipped: 1")).toBeTruthy();
    expect(screen.getByRole("link", { name: "co2 by lstm" }).getAttribute("href")).toBe("/p/default/runs/r1");
    expect(screen.getByRole("link", { name: "co2" }).getAttribute("href")).toBe("/p/default/datasets/co2");
  });

  it("asks before it deletes", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /schedules/s1": { body: schedule() }, "DELETE /schedules/s1": { status: 204, body: null } });
    const { history } = showPage(<SchedulePage id="s1" />);
    await user.click(await screen.findByTestId("delete-schedule"));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
    await user.click(screen.getByTestId("confirm-delete"));
    expect(asked.some(({ method }) => method === "DELETE")).toBe(true);
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/schedules"));
  });
});

describe("NewSchedulePage", () => {
  const run = sampleRun({ state: "succeeded" });
  const answers = {
    "GET /runs": { body: { items: [sampleRun({ id: "bad", state: "failed" }), run, sampleRun({ id: "ext", kind: "external" })], next: null } },
    [`GET /runs/${run.id}`]: { body: run },
    "POST /schedules/times": { body: { next_fires: ["2026-01-03T05:30:00Z"] } },
    "POST /schedules": { status: 201, body: schedule() },
  };
  const input = (name: string) => document.querySelector<HTMLInputElement>(`[name="${name}"]`) as HTMLInputElement;

  it("chooses the newest run that worked, shows the next times, and makes the schedule", async () => {
    const user = userEvent.setup();
    const asked = answerApi(answers);
    const { history } = showPage(<NewSchedulePage />);
    const repeat = await screen.findByTestId<HTMLSelectElement>("repeat-select");
    expect(repeat.value).toBe(run.id);
    expect([...repeat.options].map(({ value }) => value)).toEqual(["bad", run.id]);
    expect((await screen.findByTestId("next-times")).textContent).toContain(moment("2026-01-03T05:30:00Z"));
    await user.clear(input("clock"));
    await user.type(input("clock"), "7:05");
    await user.clear(input("name"));
    await user.type(input("name"), "mornings");
    await user.selectOptions(screen.getByTestId("zone-select"), "Europe/Istanbul");
    await user.selectOptions(screen.getByTestId("misfire-select"), "skip");
    await user.click(screen.getByTestId("create-schedule"));
    expect(asked.find(({ method, path }) => method === "POST" && path === "/schedules")?.body).toEqual({
      name: "mornings",
      cron: "5 7 * * *",
      timezone: "Europe/Istanbul",
      misfire: "skip",
      grace_seconds: 60,
      paused: false,
      run: { kind: "train", plugin: "forecasting.lstm", model: "co2", dataset: "co2", config: { epochs: 60, hidden_size: 64 }, seed: 7, threads: 1, priority: 0 },
    });
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/schedules/s1"));
  });

  it("shows at the input what the platform thinks of a cron line, and sends nothing that is wrong", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ ...answers, "POST /schedules/times": { status: 422, body: { detail: "the cron line '61 * * * *' cannot be read: minute", code: "invalid_input", where: "cron" } } });
    showPage(<NewSchedulePage />);
    await user.selectOptions(await screen.findByTestId("way-select"), "cron");
    expect(await screen.findByText("the cron line '61 * * * *' cannot be read: minute")).toBeTruthy();
    expect(input("cron").getAttribute("aria-invalid")).toBe("true");
    await user.clear(input("cron"));
    await user.type(input("cron"), "1 2 3");
    expect(screen.getByText("A cron expression has five fields")).toBeTruthy();
    await user.click(screen.getByTestId("create-schedule"));
    expect(asked.some(({ method, path }) => method === "POST" && path === "/schedules")).toBe(false);
  });

  it("says a name that is taken at the name", async () => {
    const user = userEvent.setup();
    answerApi({ ...answers, "POST /schedules": { status: 409, body: { detail: "a schedule named 'x' is there already", code: "conflict", where: "name" } } });
    showPage(<NewSchedulePage />);
    await user.click(await screen.findByTestId("create-schedule"));
    await screen.findAllByText("a schedule named 'x' is there already");
    expect(input("name").getAttribute("aria-invalid")).toBe("true");
  });

  it("says what to do where there is no run", async () => {
    answerApi({ ...answers, "GET /runs": { body: { items: [], next: null } } });
    showPage(<NewSchedulePage />);
    expect(await screen.findByText("There is nothing to repeat yet")).toBeTruthy();
  });
});
