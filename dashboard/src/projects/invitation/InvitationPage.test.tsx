import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { answerApi, showPage } from "../../testing-pages";
import InvitationPage from "./InvitationPage";

const SECRET = "x".repeat(43);
const FOUND = { project: "Sales", role: "member", created_by: "ada", expires_at: "2026-02-03T04:05:06Z" };
const JOINED = { status: 201, body: { slug: "sales", name: "Sales", role: "member" } };
const NOBODY = { status: 401, body: { detail: "authentication required", code: "unauthorized" } };

beforeEach(() => window.history.replaceState(null, "", `/invitation#invitation=${SECRET}`));
afterEach(() => window.history.replaceState(null, "", "/"));

describe("InvitationPage", () => {
  it("creates an account for a person who has none, and opens the project", async () => {
    const asked = answerApi({ "POST /invitations/lookup": { body: FOUND }, "GET /sessions/current": NOBODY, "POST /invitations/accept": JOINED });
    const open = vi.fn();
    showPage(<InvitationPage open={open} />, { path: "/invitation" });
    expect(await screen.findByText("ada invites you to the project “Sales” with the role member.")).toBeTruthy();
    expect(window.location.hash).toBe("");
    await userEvent.type(screen.getByTestId("new-name"), "Bora");
    await userEvent.type(screen.getByTestId("new-account-password"), "short");
    await userEvent.click(screen.getByTestId("create-account"));
    expect(screen.getByText("Enter at least 12 characters")).toBeTruthy();
    await userEvent.type(screen.getByTestId("new-account-password"), " purple anchors");
    await userEvent.click(screen.getByTestId("create-account"));
    await waitFor(() => expect(open).toHaveBeenCalledWith("/p/sales"));
    expect(asked.at(-1)?.body).toEqual({ invitation: SECRET, name: "Bora", password: "short purple anchors" });
  });

  it("lets a signed-in person join without a name", async () => {
    const asked = answerApi({ "POST /invitations/lookup": { body: FOUND }, "GET /sessions/current": { body: { person: "bora", expires_at: null } }, "POST /invitations/accept": JOINED });
    const open = vi.fn();
    showPage(<InvitationPage open={open} />, { path: "/invitation" });
    await userEvent.click(await screen.findByTestId("join"));
    await waitFor(() => expect(open).toHaveBeenCalled());
    expect(asked.at(-1)?.body).toEqual({ invitation: SECRET });
  });

  it("comes back after signing in", async () => {
    answerApi({ "POST /invitations/lookup": { body: FOUND }, "GET /sessions/current": NOBODY });
    const { history } = showPage(<InvitationPage />, { path: "/invitation" });
    await userEvent.click(await screen.findByTestId("sign-in-first"));
    expect(decodeURIComponent(history.at(-1) ?? "")).toBe(`/sign-in#next=/invitation#invitation=${SECRET}`);
  });

  it("shows why an invitation cannot be used", async () => {
    answerApi({ "POST /invitations/lookup": { status: 404, body: { detail: "this invitation has expired", code: "not_found" } }, "GET /sessions/current": NOBODY });
    showPage(<InvitationPage />, { path: "/invitation" });
    expect(await screen.findByText("this invitation has expired")).toBeTruthy();
    expect(screen.queryByTestId("create-account")).toBeNull();
    expect(screen.getByRole("link", { name: "Sign in" })).toBeTruthy();
  });

  it("says that a link without an invitation is not complete", () => {
    window.history.replaceState(null, "", "/invitation");
    const asked = answerApi({ "GET /sessions/current": NOBODY });
    showPage(<InvitationPage />, { path: "/invitation" });
    expect(screen.getByText(/The link contains no invitation/)).toBeTruthy();
    expect(asked.some((one) => one.method === "POST")).toBe(false);
  });
});
