import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { answerApi, showPage } from "../../testing-pages";
import { sampleRun } from "../samples";
import { ReportCard } from "./ReportCard";

const run = sampleRun({ state: "succeeded" });

describe("ReportCard", () => {
  it("offers three files, and shows the page in a frame without scripts", async () => {
    answerApi({});
    vi.stubGlobal("fetch", () => Promise.resolve(new Response("<h1>hello</h1>", { headers: { "content-type": "text/html" } })));
    showPage(<ReportCard run={run} />);
    expect(screen.getAllByRole("link").map((link) => link.getAttribute("href"))).toEqual(["html", "pdf", "md"].map((format) => `/api/v1/runs/${run.id}/report?project=default&format=${format}&language=en`));
    await userEvent.click(screen.getByText("Open on this page"));
    const frame = await screen.findByTitle("Report");
    expect(frame.getAttribute("sandbox")).toBe("");
    expect(frame.getAttribute("srcdoc")).toBe("<h1>hello</h1>");
  });
});
