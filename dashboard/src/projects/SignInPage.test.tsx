import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { answerApi, showPage } from "../testing-pages";
import SignInPage from "./SignInPage";

const SESSION = { person: "owner", expires_at: null };
const LINK = "x".repeat(43);

beforeEach(() => window.history.replaceState(null, "", "/sign-in"));
afterEach(() => window.history.replaceState(null, "", "/"));

describe("SignInPage", () => {
  it("says how to get a link", () => {
    const asked = answerApi({});
    showPage(<SignInPage />, { path: "/sign-in" });
    expect(screen.getByText("azuraforge link")).toBeTruthy();
    expect(asked).toEqual([]);
  });

  it("exchanges the link once, takes it out of the address, and goes on", async () => {
    window.history.replaceState(null, "", `/sign-in#link=${LINK}&next=/p/default/runs/k3v9`);
    const asked = answerApi({ "POST /sessions": { status: 201, body: SESSION } });
    const { history } = showPage(<SignInPage />, { path: "/sign-in" });
    expect(window.location.hash).toBe("");
    await waitFor(() => expect(history.at(-1)).toBe("/p/default/runs/k3v9"));
    expect(asked).toEqual([{ method: "POST", path: "/sessions", body: { link: LINK } }]);
  });

  it("signs in with a name and a password, and shows one answer for a wrong one", async () => {
    let right = false;
    const asked = answerApi({
      "POST /sessions": () => (right ? { status: 201, body: SESSION } : { status: 401, body: { detail: "the name or the password is wrong", code: "wrong_password" } }),
    });
    const { history } = showPage(<SignInPage />, { path: "/sign-in" });
    await userEvent.click(screen.getByTestId("sign-in-submit"));
    expect(screen.getByText("Enter your name")).toBeTruthy();
    expect(asked).toEqual([]);
    await userEvent.type(screen.getByTestId("sign-in-name"), "ada");
    await userEvent.type(screen.getByTestId("sign-in-password"), "wrong");
    await userEvent.click(screen.getByTestId("sign-in-submit"));
    expect(await screen.findByText("the name or the password is wrong")).toBeTruthy();
    expect(screen.getByTestId<HTMLInputElement>("sign-in-password").value).toBe("");
    right = true;
    await userEvent.type(screen.getByTestId("sign-in-password"), "three purple anchors");
    await userEvent.click(screen.getByTestId("sign-in-submit"));
    await waitFor(() => expect(history.at(-1)).toBe("/"));
    expect(asked.at(-1)?.body).toEqual({ name: "ada", password: "three purple anchors" });
  });

  it("does not follow an address elsewhere", async () => {
    window.history.replaceState(null, "", `/sign-in#link=${LINK}&next=//evil.example`);
    answerApi({ "POST /sessions": { status: 201, body: SESSION } });
    const { history } = showPage(<SignInPage />, { path: "/sign-in" });
    await waitFor(() => expect(history.at(-1)).toBe("/"));
  });

  it("says what a refused link needs, once", async () => {
    window.history.replaceState(null, "", `/sign-in#link=${LINK}`);
    answerApi({ "POST /sessions": { status: 401, body: { detail: "this sign-in link is already used", code: "unauthorized", next_step: "azuraforge link" } } });
    showPage(<SignInPage />, { path: "/sign-in" });
    expect(await screen.findByText("this sign-in link is already used")).toBeTruthy();
    expect(screen.getAllByText(/azuraforge link/)).toHaveLength(1);
  });
});
