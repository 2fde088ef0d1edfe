import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Invitation, Member } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import MembersPage from "./MembersPage";

const member = (fields: Partial<Member>): Member => ({ id: "ada", name: "ada", kind: "person", role: "owner", joined_at: "2026-01-02T03:04:05Z", own: false, ...fields });
const MEMBERS = [member({ own: true }), member({ id: "bora", name: "bora", role: "member" }), member({ id: "nightly", name: "nightly", kind: "service", role: "viewer" })];
const INVITATION: Invitation = { id: "one", role: "viewer", state: "open", created_by: "ada", created_at: "2026-01-02T03:04:05Z", expires_at: "2026-01-05T03:04:05Z", used_at: null };
const LISTS = { "GET /members": { body: page(MEMBERS) }, "GET /invitations": { body: page([INVITATION]) } };

describe("MembersPage", () => {
  it("changes a role and asks before it removes somebody", async () => {
    const asked = answerApi({ ...LISTS, "PATCH /members/bora": { body: MEMBERS[1] }, "DELETE /members/bora": { status: 204, body: null } });
    showPage(<MembersPage />);
    await userEvent.selectOptions(await screen.findByLabelText("Role of bora"), "admin");
    await waitFor(() => expect(asked.find((one) => one.method === "PATCH")?.body).toEqual({ role: "admin" }));
    await userEvent.click(screen.getByRole("button", { name: "Remove bora" }));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-member"));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(asked.some((one) => one.method === "DELETE" && one.path === "/members/bora")).toBe(true);
  });

  it("shows the link of an invitation once, and revokes an open one", async () => {
    const asked = answerApi({ ...LISTS, "POST /invitations": { status: 201, body: { ...INVITATION, url: "http://x/invitation#invitation=secret" } }, "DELETE /invitations/one": { status: 204, body: null } });
    showPage(<MembersPage />);
    await userEvent.selectOptions(await screen.findByTestId("invite-role"), "viewer");
    await userEvent.click(screen.getByTestId("invite"));
    expect((await screen.findByTestId<HTMLInputElement>("invitation-link")).value).toBe("http://x/invitation#invitation=secret");
    await userEvent.click(screen.getByTestId("invitation-link-done"));
    expect(screen.queryByTestId("invitation-link")).toBeNull();
    await userEvent.click(screen.getByTestId("revoke-invitation"));
    await waitFor(() => expect(asked.some((one) => one.path === "/invitations/one")).toBe(true));
  });

  it("creates a service account, which can never become an owner", async () => {
    const asked = answerApi({ ...LISTS, "POST /members/service-accounts": { status: 201, body: MEMBERS[2] } });
    showPage(<MembersPage />);
    const roles = within(await screen.findByTestId("service-role")).getAllByRole("option");
    expect(roles.map((each) => each.textContent)).toEqual(["viewer", "member", "admin"]);
    expect(within(await screen.findByLabelText("Role of nightly")).getAllByRole("option")).toHaveLength(3);
    await userEvent.type(screen.getByTestId("service-name"), " weekly ");
    await userEvent.click(screen.getByTestId("add-service"));
    await waitFor(() => expect(asked.find((one) => one.method === "POST")?.body).toEqual({ name: "weekly", role: "member" }));
  });

  it("lets a viewer read and leave, and nothing else", async () => {
    const asked = answerApi({ "GET /members": { body: page([member({ role: "owner" }), member({ id: "bora", name: "bora", role: "viewer", own: true })]) } });
    showPage(<MembersPage />, { role: "viewer" });
    const table = await screen.findByTestId("members");
    expect(within(table).queryAllByRole("combobox")).toEqual([]);
    expect(within(table).getAllByRole("button").map((button) => button.textContent)).toEqual(["Leave bora"]);
    expect(screen.queryByTestId("invite")).toBeNull();
    expect(asked.map((one) => one.path)).toEqual(["/members"]);
  });
});
