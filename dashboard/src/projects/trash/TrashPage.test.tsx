import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { afterEach, describe, expect, it } from "vitest";

import type { Purged, Trash, TrashItem } from "../../api/types";
import { answerApi, showPage } from "../../testing-pages";
import { placeOfItem } from "./api";
import { DeleteButton } from "./DeleteButton";
import TrashPage from "./TrashPage";

const item = (fields: Partial<TrashItem> = {}): TrashItem => ({
  noun: "run",
  id: "r1",
  name: "co2 by lstm",
  version: null,
  bytes: 2_000_000,
  deleted_at: "2026-01-02T03:04:05Z",
  deleted_by: "Ada",
  purged_after: "2026-02-01T03:04:05Z",
  needed_by: null,
  ...fields,
});

const trash = (items: TrashItem[]): Trash => ({
  items,
  next: null,
  count: items.length,
  bytes: items.reduce((sum, each) => sum + each.bytes, 0),
  policy: { trash_days: 30, keep_run_days: null, keep_work_days: 30, keep_prediction_days: null },
});

const purged = (fields: Partial<Purged> = {}): Purged => ({
  runs: 1,
  studies: 0,
  datasets: 0,
  dataset_versions: 0,
  feeds: 0,
  learners: 0,
  models: 0,
  model_versions: 0,
  predictions: 0, notifications: 0,
  bytes_freed: 1_000_000,
  kept: 0,
  left: false,
  ...fields,
});

afterEach(() => i18next.changeLanguage("en"));

describe("TrashPage", () => {
  it("says what the trash is for where it is empty", async () => {
    answerApi({ "GET /projects/trash": { body: trash([]) } });
    showPage(<TrashPage />);
    expect(await screen.findByText("The trash is empty")).toBeTruthy();
    expect(screen.queryByTestId("empty-trash")).toBeNull();
  });

  it("lists what was deleted, by whom, how large it is, and for whom it is kept", async () => {
    const kept = item({ noun: "dataset", id: "d1", name: "co2", deleted_by: "policy", needed_by: { noun: "model", name: "co2", version: 3 } });
    answerApi({ "GET /projects/trash": { body: trash([item(), kept]) } });
    showPage(<TrashPage />);
    const [run, dataset] = (await screen.findAllByRole("row")).slice(1) as [HTMLElement, HTMLElement];
    expect(within(run).getByRole("link", { name: "co2 by lstm" }).getAttribute("href")).toBe("/p/default/runs/r1");
    expect(within(run).getByText("2 MB")).toBeTruthy();
    expect(within(run).getByText("Ada")).toBeTruthy();
    expect(within(dataset).getByText("the project's policy")).toBeTruthy();
    expect(within(dataset).getByRole("link", { name: "kept for co2 v3" }).getAttribute("href")).toBe("/p/default/models/co2");
  });

  it("restores a study by its id, and says for which later one it is kept", async () => {
    const study = item({ noun: "study", id: "s1", name: "first search", needed_by: { noun: "study", name: "second", version: null } });
    const asked = answerApi({ "GET /projects/trash": { body: trash([study]) }, "POST /studies/s1/restore": { body: {} } });
    showPage(<TrashPage />);
    expect((await screen.findByRole("link", { name: "first search" })).getAttribute("href")).toBe("/p/default/studies/s1");
    expect(screen.getByText("kept for the study second")).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Restore first search" }));
    await waitFor(() => expect(asked.filter((one) => one.method === "POST").map((one) => one.path)).toEqual(["/studies/s1/restore"]));
  });

  it("restores one thing", async () => {
    const asked = answerApi({ "GET /projects/trash": { body: trash([item()]) }, "POST /runs/r1/restore": { body: {} } });
    showPage(<TrashPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Restore co2 by lstm" }));
    await waitFor(() => expect(asked.filter((one) => one.method === "POST").map((one) => one.path)).toEqual(["/runs/r1/restore"]));
  });

  it("asks before it empties, goes on while there is more, and tells the bytes of all calls", async () => {
    const answers = [purged({ left: true }), purged({ kept: 2 })];
    const asked = answerApi({
      "GET /projects/trash": { body: trash([item()]) },
      "DELETE /projects/trash": () => ({ body: answers.shift() }),
    });
    showPage(<TrashPage />);
    await userEvent.click(await screen.findByTestId("empty-trash"));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-empty"));
    expect(await screen.findByText("Purged. 2 MB freed.")).toBeTruthy();
    expect(screen.getByText("2 items are kept because other items need them.")).toBeTruthy();
    expect(asked.filter((one) => one.method === "DELETE")).toHaveLength(2);
  });

  it("lets a viewer look, in Turkish too, and nothing else", async () => {
    await i18next.changeLanguage("tr");
    answerApi({ "GET /projects/trash": { body: trash([item()]) } });
    showPage(<TrashPage />, { role: "viewer" });
    expect(await screen.findByRole("heading", { name: "Çöp kutusu", level: 1 })).toBeTruthy();
    expect(screen.queryAllByRole("button")).toEqual([]);
    expect(screen.getByText("Başarılı çalıştırmalar: süresiz")).toBeTruthy();
  });

  it("changes what is kept, and refuses what is no number of days", async () => {
    const asked = answerApi({ "GET /projects/trash": { body: trash([]) }, "PUT /projects/policy": { body: {} } });
    showPage(<TrashPage />);
    const runs = await screen.findByLabelText("Successful runs");
    await userEvent.type(runs, "soon");
    await userEvent.click(screen.getByTestId("save-policy"));
    expect(await screen.findByText("Enter a whole number of days")).toBeTruthy();
    await userEvent.clear(runs);
    await userEvent.type(runs, "90");
    await userEvent.click(screen.getByTestId("save-policy"));
    expect(await screen.findByText("Saved.")).toBeTruthy();
    const [sent] = asked.filter((one) => one.method === "PUT");
    expect(sent?.body).toEqual({ trash_days: 30, keep_run_days: 90, keep_work_days: 30, keep_prediction_days: null });
  });
});

describe("DeleteButton", () => {
  it("asks first, then deletes and says so", async () => {
    const asked = answerApi({ "DELETE /models/co2": { body: null } });
    let done = 0;
    showPage(<DeleteButton what="co2" place="/models/co2" onDone={() => { done += 1; }} />);
    await userEvent.click(screen.getByTestId("delete"));
    expect(await screen.findByRole("alertdialog", { name: "Delete co2?" })).toBeTruthy();
    expect(asked).toEqual([]);
    await userEvent.click(screen.getByTestId("confirm-delete"));
    await waitFor(() => expect(done).toBe(1));
  });

  it("shows why it is refused", async () => {
    answerApi({ "DELETE /models/co2": { status: 409, body: { detail: "model 'co2' is in use", code: "conflict" } } });
    showPage(<DeleteButton what="co2" place="/models/co2" />);
    await userEvent.click(screen.getByTestId("delete"));
    await userEvent.click(await screen.findByTestId("confirm-delete"));
    expect(await screen.findByText("model 'co2' is in use")).toBeTruthy();
  });

  it("is not there for a viewer", () => {
    showPage(<DeleteButton what="co2" place="/models/co2" />, { role: "viewer" });
    expect(screen.queryByTestId("delete")).toBeNull();
  });
});

describe("placeOfItem", () => {
  it("names a deleted thing by its id, and a deleted version by what still has its name", () => {
    expect(placeOfItem(item())).toBe("/runs/r1");
    expect(placeOfItem(item({ noun: "dataset", id: "d1", name: "a/b" }))).toBe("/datasets/d1");
    expect(placeOfItem(item({ noun: "dataset", id: "d1", version: 2 }))).toBe("/datasets/d1/versions/2");
    expect(placeOfItem(item({ noun: "model", id: "m1", name: "load" }))).toBe("/models/m1");
    expect(placeOfItem(item({ noun: "model", id: "m1", name: "load", version: 2 }))).toBe("/models/load/versions/2");
  });
});
