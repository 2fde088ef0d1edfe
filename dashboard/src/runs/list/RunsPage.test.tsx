import type { QueryClient } from "@tanstack/react-query";
import { act, screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { createQueryClient } from "../../api/queries";
import type { Run } from "../../api/types";
import { announce } from "../../events/useProjectEvents";
import { answerApi, LiveSocket, showPage, type Answer, type Asked } from "../../testing-pages";
import { Toasts } from "../../ui/Toast";
import { sampleEvent, sampleRun } from "../samples";
import RunsPage from "./RunsPage";

const NAMES = ["alpha", "<script>alert(1)</script>", "مرحبا 🎉", "x".repeat(200)];
const RUNS: Run[] = NAMES.map((name, index) => sampleRun({ id: `run${index}`, name, state: index === 0 ? "running" : "succeeded" }));
const FIELDS = { fields: [{ name: "state", kind: "choice", operators: ["="], values: ["failed"], sortable: true }], config: ["lr"], metrics: ["loss"], more_metrics: false };

/** Requests of the page that is open. */
let urls: string[] = [];

function open({ runs = RUNS, path = "/p/default/runs", role = "owner", more = {}, client }: { runs?: Run[]; path?: string; role?: "owner" | "viewer"; more?: Record<string, Answer | ((asked: Asked) => Answer)>; client?: QueryClient } = {}) {
  urls = [];
  const asked = answerApi({ "GET /runs": { body: { items: runs, next: null, total: runs.length } }, "GET /runs/fields": { body: FIELDS }, "GET /demo/loop": { status: 404, body: {} }, ...more });
  const answer = globalThis.fetch;
  vi.stubGlobal("fetch", (url: string, init: RequestInit) => {
    urls.push(url);
    return answer(url, init);
  });
  const shown = showPage(
    <>
      <RunsPage />
      <Toasts />
    </>,
    { path, role, ...(client === undefined ? {} : { client }) },
  );
  return { ...shown, asked };
}

beforeEach(() => localStorage.clear());
const rows = async () => within(await screen.findByTestId("runs-grid")).findAllByTestId("run-row");

describe("RunsPage", () => {
  it("shows any name as text, the total, and no running script", async () => {
    open();
    expect((await rows()).map((row) => within(row).getByRole("rowheader").textContent)).toEqual(NAMES);
    expect(screen.getByTestId("runs-total").textContent).toBe("4 runs");
  });

  it("shows the last metric of a run of a person's own code, and no lost lead as a headline", async () => {
    const scored = { scores: [{ name: "accuracy", value: 0.9 }] };
    const unproven = { kind: "train", headline: "baseline_unproven", approved: null } as unknown as Run["summary"];
    open({ runs: [sampleRun({ id: "own", name: "own", state: "succeeded", plugin: null, ...scored }), sampleRun({ id: "t", name: "t", state: "succeeded", summary: unproven, scores: [{ name: "rmse", value: 1, baseline: 1.1 }] })] });
    const [own, trained] = await rows();
    expect(own?.textContent).toContain("accuracy 0.9");
    expect(trained?.textContent).toContain("Ranks first, not proven betterrmse 1 (baseline 1.1)");
  });

  it("follows progress and states by events, without asking again", async () => {
    const { asked } = open();
    const [first] = await rows();
    const before = asked.filter(({ path }) => path === "/runs").length;
    act(() => LiveSocket.latest?.send([sampleEvent(5, "run.advanced", { run_id: "run0", progress: { phase: "fit", done: 1, total: 2, note: "", share: 0.77, rate_per_second: null, seconds_left: null } })]));
    expect(first?.textContent).toContain("77%");
    act(() => announce([sampleEvent(6, "run.state", { run_id: "run0", state: "failed", attempt: 1, cancel_requested: false })]));
    await waitFor(() => expect(first?.textContent).toContain("Failed"));
    expect(asked.filter(({ path }) => path === "/runs")).toHaveLength(before);
  });

  it("marks the fault of a filter, keeps the rows, and only hints at an unfinished one", async () => {
    const { history } = open({
      more: {
        "GET /runs": () => {
          const filter = new URL(urls.at(-1) ?? "", "http://x").searchParams.get("filter") ?? "";
          const fault = (position: number, length: number, unfinished: boolean) => ({ status: 422, body: { detail: `the fault: ${filter}`, code: "invalid_filter", details: { position, length, unfinished, suggestions: ["failed"] } } });
          if (filter === "state = fialed") return fault(8, 6, false);
          if (filter === "state =") return fault(7, 0, true);
          return { body: { items: RUNS, next: null, total: RUNS.length } };
        },
      },
    });
    await rows();
    const field = screen.getByTestId("runs-filter");
    await userEvent.type(field, "state =");
    expect((await screen.findByTestId("filter-fault")).textContent).toContain("the fault: state =");
    expect(field.getAttribute("aria-invalid")).toBeNull();
    await userEvent.type(field, " fialed");
    await waitFor(() => expect(field.getAttribute("aria-invalid")).toBe("true"));
    expect(screen.getByTestId("filter-mark").textContent).toBe("state = fialed");
    expect(await rows()).toHaveLength(4);
    expect(history.at(-1)).toBe("/p/default/runs");
    await userEvent.click(screen.getByRole("button", { name: "failed" }));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/runs?filter=state+%3D+failed"));
    await waitFor(() => expect(screen.queryByTestId("filter-fault")).toBeNull());
  });

  it("completes by the keyboard", async () => {
    const { history } = open();
    await rows();
    const field = screen.getByTestId("runs-filter");
    await userEvent.type(field, "sta");
    await screen.findByRole("option", { name: /^state/ });
    await userEvent.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect((field as HTMLInputElement).value).toBe("state "));
    await userEvent.keyboard("{ArrowDown}{Enter}");
    await waitFor(() => expect((field as HTMLInputElement).value).toBe("state = "));
    await userEvent.keyboard("{ArrowDown}{Enter}{Enter}");
    await waitFor(() => expect(history.at(-1)).toContain("filter=state+%3D+failed"));
  });

  it("sorts by a header and keeps the order in the address", async () => {
    const { history } = open();
    await rows();
    await userEvent.click(screen.getByTestId("sort-name"));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/runs?sort=name"));
    await waitFor(() => expect(urls.some((url) => url.includes("sort=name"))).toBe(true));
    expect(screen.getByRole("columnheader", { name: "Name" }).getAttribute("aria-sort")).toBe("ascending");
  });

  it("selects by the keyboard, tags, and takes the tag back from the runs that got it", async () => {
    const bodies: unknown[] = [];
    const runs = [sampleRun({ id: "a", name: "a", state: "succeeded", tags: ["best"] }), sampleRun({ id: "b", name: "b", state: "succeeded" })];
    open({ runs, more: { "POST /runs/bulk": ({ body }) => (bodies.push(body), { body: { failed: 0, items: (body as { run_ids: string[] }).run_ids.map((id) => ({ id, error: null })) } }) } });
    const [first] = await rows();
    act(() => within(first as HTMLElement).getByRole("rowheader").focus());
    await userEvent.keyboard(" {Shift>}{ArrowDown}{/Shift}");
    expect(screen.getByTestId("selected").textContent).toBe("2 runs selected");
    await userEvent.click(screen.getByTestId("bulk-tag"));
    await userEvent.type(await screen.findByTestId("tag-name"), "best{Enter}");
    await userEvent.click(await screen.findByTestId("undo"));
    await waitFor(() => expect(bodies).toHaveLength(2));
    expect(bodies).toEqual([
      { action: "change", run_ids: ["b"], change: { add_tags: ["best"] } },
      { action: "change", run_ids: ["b"], change: { remove_tags: ["best"] } },
    ]);
  });

  it("selects all runs that match, page by page, and deletes them in one action", async () => {
    const bodies: { action: string; run_ids: string[] }[] = [];
    const many = Array.from({ length: 700 }, (_, index) => sampleRun({ id: `m${index}`, name: `m${index}`, state: "succeeded" }));
    open({
      more: {
        "GET /runs": () => {
          const query = new URL(urls.at(-1) ?? "", "http://x").searchParams;
          const start = Number(query.get("after") ?? 0);
          const end = start + Number(query.get("limit"));
          return { body: { items: many.slice(start, end), next: end < many.length ? String(end) : null, total: 700 } };
        },
        "POST /runs/bulk": ({ body }) => {
          const asked = body as { action: string; run_ids: string[] };
          bodies.push(asked);
          return { body: { failed: 0, items: asked.run_ids.map((id) => ({ id, error: null })) } };
        },
      },
    });
    await rows();
    await userEvent.click(screen.getByRole("checkbox", { name: "Select m0" }));
    await userEvent.click(screen.getByTestId("select-all"));
    await waitFor(() => expect(screen.getByTestId("selected").textContent).toBe("700 runs selected"));
    expect(screen.queryByTestId("compare-runs")).toBeNull();
    await userEvent.click(screen.getByTestId("bulk-delete"));
    expect((await screen.findByTestId("toast")).textContent).toContain("700 runs moved to the trash.");
    expect(bodies.map(({ action, run_ids }) => [action, run_ids.length])).toEqual([["delete", 500], ["delete", 200]]);
    expect(screen.queryByTestId("bulk-bar")).toBeNull();
  });

  it("says that the platform is gone, keeps runs and selection, and sends an action once", async () => {
    let sent = 0;
    let gone = true;
    const runs = [sampleRun({ id: "a", name: "a", state: "succeeded" }), sampleRun({ id: "b", name: "b", state: "succeeded" })];
    open({
      runs,
      client: createQueryClient(() => undefined),
      more: {
        "POST /runs/bulk": ({ body }) => {
          sent += 1;
          if (gone) throw new TypeError("no network");
          return { body: { failed: 0, items: (body as { run_ids: string[] }).run_ids.map((id) => ({ id, error: null })) } };
        },
      },
    });
    await rows();
    await userEvent.click(screen.getByRole("checkbox", { name: "Select a" }));
    await userEvent.click(screen.getByTestId("bulk-delete"));
    await screen.findByText(/The platform does not answer/);
    expect(screen.getByTestId("selected").textContent).toBe("1 run selected");
    expect(await rows()).toHaveLength(2);
    expect(sent).toBe(1);
    gone = false;
    await userEvent.click(screen.getByTestId("bulk-delete"));
    await screen.findByText("1 run moved to the trash.");
    expect(sent).toBe(2);
  });

  it("offers a viewer the comparison only", async () => {
    open({ role: "viewer" });
    await rows();
    await userEvent.click(screen.getByTestId("select-shown"));
    expect(screen.getByTestId("compare-runs").getAttribute("href")).toContain("runs=run0,run1,run2,run3");
    expect(screen.queryByTestId("bulk-delete")).toBeNull();
  });

  it("chooses columns, and requests them from the API", async () => {
    const { history } = open();
    await rows();
    await userEvent.click(screen.getByTestId("choose-columns"));
    await userEvent.click(await screen.findByTestId("column-metrics.loss.min"));
    await userEvent.click(screen.getByTestId("column-curve.loss"));
    await userEvent.click(screen.getByTestId("apply-columns"));
    await waitFor(() => expect(history.at(-1)).toContain("metrics.loss.min"));
    await waitFor(() => expect(urls.some((url) => url.includes("columns=metrics.loss.min%2Ccurve.loss"))).toBe(true));
    expect(screen.getByRole("columnheader", { name: "loss (lowest)" })).toBeTruthy();
  });

  it("groups by a config field, with links to the runs of a group", async () => {
    const columns = [{ name: "metrics.loss", runs: 2, mean: 0.5, spread: 0.1, lowest: 0.4, highest: 0.6 }];
    open({ path: "/p/default/runs?group=config.lr&filter=state+%3D+failed", more: { "GET /runs/groups": { body: { by: "config.lr", runs: 2, more: false, groups: [{ value: 0.1, filter: "config.lr = 0.1", runs: 2, columns }] } } } });
    const table = await screen.findByTestId("run-groups");
    expect(table.textContent).toContain("0.5 ± 0.1");
    expect(within(table).getByRole("link").getAttribute("href")).toContain(encodeURIComponent("state = failed AND config.lr = 0.1").replaceAll("%20", "+"));
  });

  it("saves a view and opens it again", async () => {
    const { history } = open({ path: "/p/default/runs?state=failed" });
    await screen.findByTestId("runs-total");
    await userEvent.click(screen.getByTestId("views"));
    await userEvent.click(await screen.findByTestId("menu-save-view"));
    await userEvent.type(await screen.findByTestId("view-name"), "failures{Enter}");
    await userEvent.click(within(screen.getByRole("dialog")).getByRole("button", { name: "Close" }));
    await userEvent.click(screen.getByTestId("views"));
    await userEvent.click(await screen.findByTestId("menu-default"));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/runs"));
    await userEvent.click(screen.getByTestId("views"));
    await userEvent.click(await screen.findByTestId("menu-view-0"));
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/runs?state=failed"));
  });
});
