import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { CreatedToken, Token } from "../../api/types";
import { answerApi, showPage, page } from "../../testing-pages";
import { readDays } from "./NewToken";
import TokensPage from "./TokensPage";

const token = (fields: Partial<Token> = {}): Token => ({
  id: "t1",
  name: "nightly",
  prefix: "azf_ab12",
  person: "ada",
  service: false,
  role: "member",
  created_at: "2026-01-02T03:04:05Z",
  expires_at: null,
  used_at: null,
  ...fields,
});

describe("TokensPage", () => {
  it("lists tokens with their last use", async () => {
    answerApi({ "GET /tokens": { body: page([token(), token({ id: "t2", name: "notebook", used_at: "2026-02-02T03:00:00Z" })]) } });
    showPage(<TokensPage />);
    const [first, second] = within(await screen.findByTestId("tokens")).getAllByRole("row").slice(1);
    expect(first?.textContent).toContain("nevernever");
    expect(second?.textContent).toContain("Feb 2, 2026");
  });

  it("makes one and shows its secret until it is put away", async () => {
    const made: CreatedToken = { ...token(), token: "azf_secret" };
    const asked = answerApi({ "GET /tokens": { body: page([]) }, "POST /tokens": { status: 201, body: made } });
    showPage(<TokensPage />);
    await userEvent.click(await screen.findByTestId("make-token"));
    expect(screen.getByText("Enter a name")).toBeTruthy();
    await userEvent.type(screen.getByTestId("token-name"), " nightly ");
    await userEvent.type(screen.getByLabelText("Valid for (days)"), "30");
    await userEvent.click(screen.getByTestId("make-token"));
    expect((await screen.findByTestId<HTMLInputElement>("token-secret")).value).toBe("azf_secret");
    expect(asked.find((one) => one.method === "POST")?.body).toEqual({ name: "nightly", role: "member", expires_in_days: 30 });
    await userEvent.click(screen.getByTestId("token-secret-done"));
    expect(screen.queryByTestId("token-secret")).toBeNull();
    expect(document.body.textContent).not.toContain("azf_secret");
  });

  it("makes one for a service account, and marks it in the list", async () => {
    const account = { id: "s1", name: "robot", kind: "service", role: "member", joined_at: "2026-01-02T03:04:05Z", own: false };
    const asked = answerApi({ "GET /tokens": { body: page([token({ person: "robot", service: true })]) }, "GET /members": { body: page([account]) }, "POST /tokens": { status: 201, body: { ...token(), token: "azf_secret" } } });
    showPage(<TokensPage />);
    await userEvent.selectOptions(await screen.findByTestId("token-account"), "robot");
    await userEvent.type(screen.getByTestId("token-name"), "job");
    await userEvent.click(screen.getByTestId("make-token"));
    await waitFor(() => expect(asked.find((one) => one.method === "POST")?.body).toEqual({ name: "job", role: "member", expires_in_days: null, service_account: "s1" }));
    expect(screen.getByTestId("tokens").textContent).toContain("azf_ab12…robot (service account)");
  });

  it("asks before it revokes", async () => {
    const asked = answerApi({ "GET /tokens": { body: page([token()]) }, "DELETE /tokens/t1": { status: 204, body: null } });
    showPage(<TokensPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Revoke nightly" }));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-revoke"));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(asked.some((one) => one.method === "DELETE")).toBe(true);
  });

  it("asks the API nothing for who may not see them", async () => {
    const asked = answerApi({});
    showPage(<TokensPage />, { role: "viewer" });
    expect(await screen.findByText("Only admins can see and create tokens.")).toBeTruthy();
    expect(asked).toEqual([]);
  });
});

describe("readDays", () => {
  it("takes whole days, or none", () => {
    expect([" ", "1", "3650", "0", "3651", "1.5", "x"].map(readDays)).toEqual([null, 1, 3650, undefined, undefined, undefined, undefined]);
  });
});
