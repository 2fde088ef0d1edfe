import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Account, BrowserSession } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import AccountPage from "./AccountPage";

const ACCOUNT: Account = { name: "ada", password_changed_at: null, administrator: false };
const CHANGED: Account = { ...ACCOUNT, password_changed_at: "2026-02-03T04:05:06Z" };
const session = (fields: Partial<BrowserSession>): BrowserSession => ({
  id: "one",
  created_at: "2026-01-02T03:04:05Z",
  expires_at: "2026-02-02T03:04:05Z",
  used_at: null,
  method: "link",
  current: false,
  ...fields,
});
const GOOD = "three purple anchors";

describe("AccountPage", () => {
  it("sets a first password and empties the fields", async () => {
    const asked = answerApi({ "GET /people/me": { body: ACCOUNT }, "GET /sessions": { body: page([session({ current: true })]) }, "PUT /people/me/password": { body: CHANGED } });
    showPage(<AccountPage />);
    const field = await screen.findByTestId<HTMLInputElement>("new-password");
    expect(screen.queryByTestId("current-password")).toBeNull();
    await userEvent.type(field, "short");
    await userEvent.click(screen.getByTestId("set-password"));
    expect(screen.getByText("Enter at least 12 characters")).toBeTruthy();
    await userEvent.clear(field);
    await userEvent.type(field, GOOD);
    await userEvent.click(screen.getByTestId("set-password"));
    expect(screen.getByText("The two passwords differ")).toBeTruthy();
    expect(asked.some((one) => one.method === "PUT")).toBe(false);
    await userEvent.type(screen.getByTestId("new-password-again"), GOOD);
    await userEvent.click(screen.getByTestId("set-password"));
    await screen.findByText(/The password is set/);
    expect(asked.find((one) => one.method === "PUT")?.body).toEqual({ password: GOOD });
    expect(field.value).toBe("");
    expect(await screen.findByTestId("current-password")).toBeTruthy();
  });

  it("ends another session, but not the browser's own by that button", async () => {
    const sessions = [session({ id: "mine", current: true }), session({ id: "other", method: "password" })];
    const asked = answerApi({ "GET /people/me": { body: ACCOUNT }, "GET /sessions": { body: page(sessions) }, "DELETE /sessions/other": { status: 204, body: null } });
    showPage(<AccountPage />);
    expect((await screen.findByTestId("sessions")).textContent).toContain("this browser");
    await userEvent.click(screen.getByTestId("end-session"));
    await waitFor(() => expect(asked.some((one) => one.path === "/sessions/other")).toBe(true));
  });

  it("asks before it ends all sessions, and then leads to the sign-in page", async () => {
    const asked = answerApi({ "GET /people/me": { body: ACCOUNT }, "GET /sessions": { body: page([session({ current: true })]) }, "DELETE /sessions": { status: 204, body: null } });
    const { history } = showPage(<AccountPage />);
    await userEvent.click(await screen.findByTestId("end-all"));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-end-all"));
    await waitFor(() => expect(history.at(-1)).toBe("/sign-in"));
  });

  it("renames the account", async () => {
    const asked = answerApi({ "GET /people/me": { body: ACCOUNT }, "GET /sessions": { body: page([]) }, "PATCH /people/me": { body: { ...ACCOUNT, name: "Ada L." } } });
    showPage(<AccountPage />);
    const field = await screen.findByTestId<HTMLInputElement>("account-name");
    await userEvent.clear(field);
    await userEvent.type(field, "Ada L.");
    await userEvent.click(screen.getByTestId("rename"));
    await waitFor(() => expect(screen.getByTestId<HTMLInputElement>("account-name").value).toBe("Ada L."));
    expect(asked.find((one) => one.method === "PATCH")?.body).toEqual({ name: "Ada L." });
  });
});
