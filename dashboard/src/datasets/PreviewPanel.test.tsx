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
});
