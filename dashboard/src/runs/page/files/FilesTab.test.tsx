import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { RunDetail } from "../../../api/types";
import { answerApi, showPage } from "../../../testing-pages";
import { FilesTab } from "./FilesTab";

const file = (name: string, bytes = 20) => ({ name, kind: "file", sha256: `hash of ${name}`, bytes, created_at: "2026-01-02T05:30:00Z" });
const run = { id: "r1", artifacts: [file("broken.png"), file("page.html"), file("huge.png", 50_000_000)] } as unknown as RunDetail;

function open(answers: Parameters<typeof answerApi>[0] = {}, path = "/p/default/runs/r1?tab=files") {
  answerApi(answers);
  return showPage(<FilesTab run={run} />, { path });
}

describe("FilesTab", () => {
  it("shows a picture of the run's project, and says when it is broken", async () => {
    open();
    await userEvent.click(screen.getByRole("button", { name: /broken.png/ }));
    const picture = await screen.findByRole("img");
    expect(picture.getAttribute("src")).toBe("/api/v1/runs/r1/artifacts/broken.png?project=default");
    fireEvent.error(picture);
    expect(screen.getByText(/cannot be shown/)).toBeTruthy();
    expect(screen.queryByRole("img")).toBeNull();
    expect(screen.getByRole("link", { name: "Download" })).toBeTruthy();
  });

  it("shows HTML as text and runs nothing of it", async () => {
    const text = "<script>document.title = 'attacked'</script><b>bold</b>";
    open({ "GET /runs/r1/previews/page.html": { body: { kind: "text", text, truncated: false, columns: null, rows: null, total_rows: null } } });
    await userEvent.click(screen.getByRole("button", { name: /page.html/ }));
    expect((await screen.findByTestId("preview-text")).textContent).toBe(text);
    expect(document.querySelector("iframe, b, [data-testid=preview-text] script")).toBeNull();
    expect(document.title).not.toBe("attacked");
    expect(screen.getByText(/never executed/)).toBeTruthy();
  });

  it("does not load a picture that is too large, and says that a file in the address is gone", async () => {
    open();
    await userEvent.click(screen.getByRole("button", { name: /huge.png/ }));
    expect(await screen.findByText(/too large for a preview \(50 MB\)/)).toBeTruthy();
    expect(screen.queryByRole("img")).toBeNull();
    open({}, "/p/default/runs/r1?tab=files&file=gone.csv");
    expect(await screen.findByText(/gone.csv/)).toBeTruthy();
  });
});
