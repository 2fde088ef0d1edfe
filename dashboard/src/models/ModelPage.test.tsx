import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { answerApi, page, showPage } from "../testing-pages";
import ModelPage from "./ModelPage";
import ModelsPage from "./ModelsPage";

vi.mock("../charts/Plot", () => ({ Plot: ({ testId }: { testId?: string }) => <div data-testid={testId} /> }));

const name = `شبكة_${"x".repeat(194)}`;
const version = (number: number, aliases: string[] = []) => ({
  version: number, aliases, plugin: "forecasting.ets", kind: "forecast", run_id: `r${String(number)}`, config: { window: number }, metrics: null, bytes: 10, seed: 1, code_version: "1",
  learned_from: { rows: 5, start: null, end: null, evaluated: null, parts: null }, dataset_id: "d1", dataset_version: 1, created_at: "2026-01-02T05:30:00Z", content_hash: "c",
  data_schema: { kind: "series", time: "at", target: "load", features: [], unit: "", groups: {}, series_names: null, classes: null, timezone: "UTC", frequency: "1h" },
});
const detail = (champion: number | null, versions: ReturnType<typeof version>[]) => ({ id: "m1", name, target: "load", unit: "kW", kind: "forecast", champion, versions: versions.length, created_at: "2026-01-02T05:30:00Z", deleted_at: null, version_list: versions.slice(0, 100) });
const root = `/models/${encodeURIComponent(name)}`;
const common = { [`GET ${root}/promotions`]: { body: page([]) }, [`GET ${root}/deployments`]: { body: page([]) }, "GET /predictions": { body: page([]) }, "GET /plugins": { body: page([]) } };

describe("ModelPage", () => {
  it("says what to do where no version has become champion", async () => {
    answerApi({ ...common, [`GET ${root}`]: { body: detail(null, [version(1)]) } });
    showPage(<ModelPage name={name} />);
    const card = await screen.findByTestId("next-values");
    expect(within(card).getByText(/no version has passed the gate/)).toBeTruthy();
    expect(within(card).getByRole("link", { name: "See the versions" }).getAttribute("href")).toBe(`/p/default/models/${encodeURIComponent(name)}?tab=versions`);
    expect(screen.queryByTestId("rollback")).toBeNull();
    expect(within(await screen.findByTestId("challenger")).getByRole("button", { name: "Promote version 1" })).toBeTruthy();
  });

  it("offers the first prediction of a champion whose run was purged", async () => {
    answerApi({ ...common, [`GET ${root}`]: { body: detail(1, [version(1, ["champion"])]) } });
    showPage(<ModelPage name={name} />);
    expect(await screen.findByText(/Press “Predict now”/)).toBeTruthy();
    expect(screen.getByTestId("predict")).toBeTruthy();
  });

  it("opens the tab of the address, pages through 200 versions, and compares two of them", async () => {
    const user = userEvent.setup();
    const versions = Array.from({ length: 200 }, (_, index) => version(200 - index, index === 5 ? ["champion"] : []));
    const pages = vi.fn();
    answerApi({
      ...common,
      [`GET ${root}`]: { body: detail(195, versions) },
      [`GET ${root}/versions`]: () => {
        pages();
        return { body: pages.mock.calls.length === 1 ? { items: versions.slice(0, 100), next: "n" } : { items: versions.slice(100), next: null } };
      },
      ...Object.fromEntries(versions.map((each) => [`GET ${root}/versions/${String(each.version)}`, { body: each }])),
    });
    const { history } = showPage(<ModelPage name={name} />, { path: `/p/default/models/x?tab=versions` });
    const settings = await screen.findByTestId("version-settings");
    expect(settings.textContent).toContain("200195");
    await user.click(screen.getByTestId("more"));
    await waitFor(() => expect(screen.getAllByRole("button", { name: "Compare" })).toHaveLength(200));
    await user.click(screen.getAllByRole("button", { name: "Compare" })[199] as HTMLElement);
    await waitFor(() => expect(screen.getByTestId("version-settings").textContent).toContain("1195"));
    expect(history.at(-1)).toContain("tab=versions&a=1&b=195");
  });

  it("leads from a wrong name to all models", async () => {
    answerApi({});
    showPage(<ModelPage name="lod" />);
    expect((await screen.findByRole("link", { name: "Go to: Models" })).getAttribute("href")).toBe("/p/default/models");
  });
});

describe("ModelsPage", () => {
  const model = (called: string, champion: number | null, target = "load") => ({ ...detail(champion, []), name: called, target });

  it("finds a model, with its live error beside the naive one and drift", async () => {
    const user = userEvent.setup();
    const live = { run_id: "r2", classes: false, points: 7, loss: 3, naive_loss: 5, drift: "alarm", waiting: [] };
    const gamma = { ...live, classes: true, loss: 0.25, naive_loss: null, drift: "too_few" };
    const unjudged = { ...live, points: 0, loss: null, naive_loss: null, drift: null };
    answerApi({
      "GET /models": { body: page([{ ...model("alpha", 2), live }, model("beta", null, "price"), { ...model("gamma", 1), live: gamma }, { ...model("delta", 1), live: unjudged }]) },
    });
    showPage(<ModelsPage />);
    expect((await screen.findByRole("row", { name: /alpha/ })).textContent).toContain("3 kW5 kWdrift");
    expect(screen.getByRole("row", { name: /gamma/ }).textContent).toContain("25.0%–too few values");
    expect(screen.getByRole("row", { name: /delta/ }).textContent).toContain("not known yet––");
    await user.type(screen.getByTestId("search-models"), "PRICE");
    await waitFor(() => expect(screen.queryByRole("row", { name: /alpha/ })).toBeNull());
    expect(screen.getByRole("row", { name: /beta/ }).textContent).toContain("no champion");
    await user.type(screen.getByTestId("search-models"), "x");
    await user.click(await screen.findByRole("button", { name: "Show all models" }));
    expect(await screen.findByRole("row", { name: /gamma/ })).toBeTruthy();
  });

  it("reads the whole list with one request for the models", async () => {
    const live = { run_id: "r", classes: false, points: 7, loss: 3, naive_loss: 5, drift: "steady", waiting: [] };
    const models = Array.from({ length: 25 }, (_, index) => ({ ...model(`model-${String(index)}`, 1), live }));
    const asked = answerApi({ "GET /models": { body: page(models) }, "GET /plugins": { body: page([]) } });
    showPage(<ModelsPage />);
    await waitFor(() => expect(screen.getAllByText("no drift")).toHaveLength(25));
    expect(asked.map(({ path }) => path).sort()).toEqual(["/models", "/plugins"]);
  });

  it("leads to a first model where there is none", async () => {
    answerApi({ "GET /models": { body: page([]) } });
    showPage(<ModelsPage />);
    expect(await screen.findByText("No models yet")).toBeTruthy();
    expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toContain("/p/default/new-run");
  });
});
