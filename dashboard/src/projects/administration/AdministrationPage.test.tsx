import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Account, Person, ProjectSize } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import AdministrationPage from "./AdministrationPage";
import { limitOf, MEGABYTE, readLimit } from "./limits";

const account = (administrator: boolean): Account => ({ name: "ada", password_changed_at: null, administrator });
const person = (fields: Partial<Person> = {}): Person => ({
  id: "p1",
  name: "ada",
  administrator: true,
  has_password: true,
  created_at: "2026-01-02T03:04:05Z",
  disabled_at: null,
  used_at: null,
  projects: 2,
  ...fields,
});
const SALES: ProjectSize = { slug: "sales", name: "Sales", state: "archived", created_at: "2026-01-02T03:04:05Z", members: 2, datasets: 1, rows: 1200, stored_bytes: 3_000_000, runs: 9, active_runs: 0, quota: { stored_bytes: 5_000_000, runs: null, datasets: null, members: 4 } };
const LISTS = {
  "GET /people/me": { body: account(true) },
  "GET /platform/people": { body: page([person(), person({ id: "p2", name: "grace", administrator: false, disabled_at: "2026-02-02T03:00:00Z" })]) },
  "GET /platform/projects": { body: page([SALES]) },
  "GET /platform/settings": { body: { settings: [{ name: "secret_keys", variable: "AZURAFORGE_SECRET_KEYS", value: null, default: false, hidden: true, description: "keys" }] } },
};

describe("AdministrationPage", () => {
  it("shows people, sizes with their limits, and settings without secrets", async () => {
    answerApi(LISTS);
    showPage(<AdministrationPage />);
    const people = within(await screen.findByTestId("people")).getAllByRole("row").slice(1);
    expect(people.map((row) => row.textContent.includes("administrator)"))).toEqual([true, false]);
    expect(people[1]?.textContent).toContain("disabled since Feb 2, 2026");
    const [sales] = within(await screen.findByTestId("project-sizes")).getAllByRole("row").slice(1);
    expect(sales?.textContent).toContain("Sales salesarchived2 of 411,2003 MB of 5 MB90");
    expect((await screen.findByTestId("settings")).textContent).toContain("hidden");
  });

  it("creates an account and shows its link once", async () => {
    const made = { ...person({ id: "p3", name: "new" }), link: { url: "http://x/sign-in#link=abc", expires_at: "2026-01-05T03:04:05Z" } };
    const asked = answerApi({ ...LISTS, "POST /platform/people": { status: 201, body: made } });
    showPage(<AdministrationPage />);
    await userEvent.type(await screen.findByTestId("new-person"), " new ");
    await userEvent.click(screen.getByTestId("create-person"));
    expect((await screen.findByTestId<HTMLInputElement>("first-link")).value).toBe("http://x/sign-in#link=abc");
    expect(asked.find((one) => one.method === "POST")?.body).toEqual({ name: "new" });
  });

  it("offers another link only for a person who has never signed in", async () => {
    const fresh = person({ id: "p4", name: "fresh", administrator: false, has_password: false, projects: 0 });
    answerApi({ ...LISTS, "GET /platform/people": { body: page([person(), fresh]) }, "POST /platform/people/p4/link": { status: 201, body: { url: "http://x/sign-in#link=again", expires_at: "2026-01-05T03:04:05Z" } } });
    showPage(<AdministrationPage />);
    await userEvent.click(await screen.findByTestId("another-link"));
    expect((await screen.findByTestId<HTMLInputElement>("another-first-link")).value).toBe("http://x/sign-in#link=again");
  });

  it("asks before it disables a person, and shows why it was refused", async () => {
    const refusal = { status: 409, body: { detail: "the platform's only administrator can neither be disabled", code: "last_administrator" } };
    const asked = answerApi({ ...LISTS, "PATCH /platform/people/p1": refusal, "PATCH /platform/people/p2": { body: person() } });
    showPage(<AdministrationPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Disable ada" }));
    expect(asked.some((one) => one.method === "PATCH")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-person"));
    expect(await screen.findByText(/only administrator/)).toBeTruthy();
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    await userEvent.click(await screen.findByRole("button", { name: "Make administrator grace" }));
    await userEvent.click(await screen.findByTestId("confirm-person"));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(asked.filter((one) => one.method === "PATCH").map((one) => one.body)).toEqual([{ disabled: true }, { administrator: true }]);
  });

  it("sets a quota, where an empty field removes the limit", async () => {
    const asked = answerApi({ ...LISTS, "PUT /platform/projects/sales/quota": { body: SALES } });
    showPage(<AdministrationPage />);
    await userEvent.click(await screen.findByTestId("quota-sales"));
    expect((await screen.findByTestId<HTMLInputElement>("limit-stored_bytes")).value).toBe("5");
    await userEvent.clear(screen.getByTestId("limit-stored_bytes"));
    await userEvent.type(screen.getByTestId("limit-stored_bytes"), "2.5");
    await userEvent.clear(screen.getByTestId("limit-members"));
    await userEvent.type(screen.getByTestId("limit-runs"), "x");
    await userEvent.click(screen.getByTestId("set-quota"));
    expect(screen.getByText("Enter a number, or nothing")).toBeTruthy();
    await userEvent.clear(screen.getByTestId("limit-runs"));
    await userEvent.type(screen.getByTestId("limit-runs"), "3");
    await userEvent.click(screen.getByTestId("set-quota"));
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(asked.find((one) => one.method === "PUT")?.body).toEqual({ stored_bytes: 2_500_000, runs: 3, datasets: null, members: null });
  });

  it("asks the API nothing for who does not administer the platform", async () => {
    const asked = answerApi({ "GET /people/me": { body: account(false) } });
    showPage(<AdministrationPage />);
    expect(await screen.findByText("Only administrators of the platform see this page.")).toBeTruthy();
    expect(asked.map((one) => one.path)).toEqual(["/people/me"]);
  });
});

describe("readLimit", () => {
  it("takes whole numbers, or none", () => {
    expect(["", " 3 ", "0", "1.5", "-1", "x"].map((typed) => readLimit(typed))).toEqual([null, 3, 0, undefined, undefined, undefined]);
    expect(["1,5", "0.001"].map((typed) => readLimit(typed, MEGABYTE))).toEqual([1_500_000, 1000]);
    expect([limitOf(null), limitOf(0), limitOf(2_500_000, MEGABYTE)]).toEqual(["", "0", "2.5"]);
  });
});
