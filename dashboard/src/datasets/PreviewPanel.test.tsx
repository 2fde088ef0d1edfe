import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { answerApi, showPage } from "../testing-pages";
import { PreviewPanel } from "./PreviewPanel";

const base = {
  file: "a.csv",
  bytes: 20,
  kind: "series",
  facts: {},
  sheets: [],
  rows: 2,
  columns: [{ name: "day", type: "time", missing: 0, distinct: 2, lowest: "2024-01-01", highest: "2024-01-02" }],
  column_count: 1,
  first: [["2024-01-01"]],
  options: { time: "day" },
  prepared: null,
  problem: { code: "duplicate_times", message: "1 time has several rows", where: "a.csv, line 3", next_step: "choose duplicates" },
  remedies: [{ code: "duplicate_times", option: "duplicates", values: ["first", "mean"] }],
};

describe("PreviewPanel", () => {
  it("shows the columns and the problem, and sets the option that corrects it", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "POST /datasets/preview": { status: 200, body: base } });
    const correct = vi.fn();
    showPage(<PreviewPanel file={new File(["day\n"], "a.csv")} options={{ time: "day" }} onCorrect={correct} />);
    await screen.findByText("1 time has several rows");
    expect(screen.getByTestId("preview-columns").textContent).toContain("day");
    await user.click(screen.getByRole("button", { name: "take the mean" }));
    expect(correct).toHaveBeenCalledWith("duplicates", "mean");
    expect(asked.map(({ method }) => method)).toEqual(["POST"]);
  });

  it("uploads a large file only on request", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "POST /datasets/preview": { status: 200, body: base } });
    const file = new File(["day\n"], "a.csv");
    Object.defineProperty(file, "size", { value: 2_000_000_000 });
    showPage(<PreviewPanel file={file} options={{}} onCorrect={() => undefined} />);
    await screen.findByText(/2,000 MB/);
    expect(asked).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Show preview" }));
    await screen.findByText("1 time has several rows");
  });

  it("shows classes, sample pictures and equal images", async () => {
    const png = "iVBORw0KGgo=";
    const image = (name: string) => ({ name, part: null, png });
    const images = { height: 8, width: 8, channels: 1, total: 25, classes: [{ name: "cat", counts: { all: 12 }, images: [image("cat/1")] }, { name: "dog", counts: { all: 13 }, images: [image("dog/1")] }] };
    const prepared = { rows: 25, start: null, end: null, dataset_schema: { kind: "images", frequency: null }, findings: [{ code: "few_images", severity: "warning", text: { en: "a class has few images" }, where: "" }], chart: null, images, repeated_images: 1, same_images: [{ count: 2, labels: ["dog"], names: ["dog/3", "dog/12"], png }], fingerprint: "f" };
    const asked = answerApi({ "POST /datasets/preview": { body: { ...base, kind: "images", columns: [], first: [], problem: null, remedies: [], prepared } } });
    showPage(<PreviewPanel file={new File(["zip"], "pets.zip")} options={{ kind: "images" }} onCorrect={() => undefined} />);
    expect(await screen.findByRole("rowheader", { name: "dog" })).toBeTruthy();
    expect(screen.getAllByRole("img").map((one) => one.getAttribute("alt")).length).toBe(3);
    expect(await screen.findByText("1 image repeats another one.")).toBeTruthy();
    expect(screen.getByText(/a class has few images/)).toBeTruthy();
    expect((asked[0]?.body as FormData).get("options")).toBe('{"kind":"images"}');
  });
});
