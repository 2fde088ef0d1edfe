import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { DeletedProject, Usage } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import { ArchivedNotice } from "./ArchivedNotice";
import SettingsPage from "./SettingsPage";

const DELETED: DeletedProject = { slug: "old", name: "Old", deleted_at: "2026-01-02T03:04:05Z", deleted_by: "ada", purged_after: "2026-02-01T03:04:05Z" };
const USAGE: Usage = { stored_bytes: { used: 3_000_000, limit: 5_000_000 }, runs: { used: 1, limit: null }, datasets: { used: 2, limit: null }, members: { used: 4, limit: 4 } };
const LIST = { "GET /projects/deleted": { body: page([DELETED]) }, "GET /projects/current/usage": { body: USAGE } };
const SALES = { slug: "sales", name: "Sales", role: "owner" };

describe("SettingsPage", () => {
  it("renames and archives the project", async () => {
    const asked = answerApi({ ...LIST, "PATCH /projects/current": { body: SALES }, "POST /projects/current/archive": { body: SALES } });
    showPage(<SettingsPage />, { slug: "sales" });
    await userEvent.clear(screen.getByTestId("project-name"));
    await userEvent.type(screen.getByTestId("project-name"), " Sales 2 ");
    await userEvent.click(screen.getByTestId("rename-project"));
    await waitFor(() => expect(asked.find((one) => one.method === "PATCH")?.body).toEqual({ name: "Sales 2" }));
    await userEvent.click(screen.getByTestId("archive-project"));
    await waitFor(() => expect(asked.some((one) => one.path === "/projects/current/archive")).toBe(true));
  });

  it("makes an archived project writable again and does not offer to rename it", async () => {
    const asked = answerApi({ ...LIST, "POST /projects/current/unarchive": { body: SALES } });
    showPage(<><ArchivedNotice /><SettingsPage /></>, { slug: "sales", archived: true });
    expect(screen.getByTestId("archived")).toBeTruthy();
    expect(screen.queryByTestId("rename-project")).toBeNull();
    await userEvent.click(screen.getByRole("button", { name: "Make writable again" }));
    await waitFor(() => expect(asked.some((one) => one.path === "/projects/current/unarchive")).toBe(true));
  });

  it("deletes the project only after its name was typed", async () => {
    const asked = answerApi({ ...LIST, "DELETE /projects/current": { status: 204, body: null } });
    const leave = vi.fn();
    showPage(<SettingsPage leave={leave} />, { slug: "sales" });
    await userEvent.type(screen.getByTestId("confirm-slug"), "sale{Enter}");
    await userEvent.click(screen.getByTestId("delete-project"));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.type(screen.getByTestId("confirm-slug"), "s");
    await userEvent.click(screen.getByTestId("delete-project"));
    await waitFor(() => expect(leave).toHaveBeenCalled());
    expect(asked.some((one) => one.method === "DELETE")).toBe(true);
  });

  it("shows what is used of each limit, to every member", async () => {
    answerApi(LIST);
    showPage(<SettingsPage />, { role: "viewer" });
    const rows = within(await screen.findByTestId("usage")).getAllByRole("row").slice(1);
    expect(rows.map((row) => row.textContent)).toEqual(["Members44", "Datasets2no limit", "Queued and running runs1no limit", "Stored files3 MB5 MB"]);
  });

  it("restores a deleted project", async () => {
    const asked = answerApi({ ...LIST, "POST /projects/old/restore": { body: { ...SALES, slug: "old" } } });
    showPage(<SettingsPage />, { slug: "sales" });
    await userEvent.click(await screen.findByTestId("restore-old"));
    await waitFor(() => expect(asked.some((one) => one.path === "/projects/old/restore")).toBe(true));
  });

  it("purges a deleted project only after a question", async () => {
    const asked = answerApi({ ...LIST, "DELETE /projects/old/purge": { body: { bytes_freed: 3_000_000, rows: 7 } } });
    showPage(<SettingsPage />, { slug: "sales" });
    await userEvent.click(await screen.findByTestId("purge-old"));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-purge"));
    expect(await screen.findByText("Purged. 3 MB freed.")).toBeTruthy();
    expect(asked.some((one) => one.path === "/projects/old/purge")).toBe(true);
  });

  it("offers a viewer nothing but the own deleted projects, and never the deletion of default", async () => {
    answerApi(LIST);
    const { unmount } = showPage(<SettingsPage />, { role: "viewer" });
    expect(await screen.findByTestId("deleted-projects")).toBeTruthy();
    for (const id of ["rename-project", "archive-project", "delete-project"]) expect(screen.queryByTestId(id)).toBeNull();
    unmount();
    showPage(<SettingsPage />);
    expect(screen.queryByTestId("delete-project")).toBeNull();
    expect(screen.getByText(/cannot be deleted/)).toBeTruthy();
  });
});
