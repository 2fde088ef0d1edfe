import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Secret } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import SecretsPage from "./SecretsPage";

const secret = (fields: Partial<Secret> = {}): Secret => ({
  name: "load-db",
  state: "ready",
  created_at: "2026-01-02T03:04:05Z",
  updated_at: "2026-01-02T03:04:05Z",
  updated_by: "ada",
  ...fields,
});

describe("SecretsPage", () => {
  it("names a secret whose key is missing", async () => {
    answerApi({ "GET /secrets": { body: page([secret(), secret({ name: "lost", state: "unreadable" })]) } });
    showPage(<SecretsPage />);
    const table = await screen.findByTestId("secrets");
    expect(table.textContent).toContain("ready");
    expect(table.textContent).toContain("unreadable: its key is missing");
  });

  it("stores a value and shows it nowhere afterwards", async () => {
    const asked = answerApi({ "GET /secrets": { body: page([]) }, "PUT /secrets/load-db": { body: secret() } });
    showPage(<SecretsPage />);
    await userEvent.click(await screen.findByTestId("set-secret"));
    expect(screen.getByText("Enter a value")).toBeTruthy();
    const value = screen.getByTestId<HTMLInputElement>("secret-value");
    expect(value.type).toBe("password");
    await userEvent.type(screen.getByTestId("secret-name"), "load-db");
    await userEvent.type(value, "sesame");
    await userEvent.click(screen.getByTestId("set-secret"));
    await screen.findByText(/load-db is stored/);
    expect(asked.find((one) => one.method === "PUT")?.body).toEqual({ value: "sesame" });
    expect(value.value).toBe("");
  });

  it("asks before it deletes", async () => {
    const asked = answerApi({ "GET /secrets": { body: page([secret()]) }, "DELETE /secrets/load-db": { status: 204, body: null } });
    showPage(<SecretsPage />);
    await userEvent.click(await screen.findByRole("button", { name: "Delete load-db" }));
    expect(asked.some((one) => one.method === "DELETE")).toBe(false);
    await userEvent.click(await screen.findByTestId("confirm-delete-secret"));
    await waitFor(() => expect(screen.queryByRole("alertdialog")).toBeNull());
    expect(asked.some((one) => one.method === "DELETE")).toBe(true);
  });

  it("shows members the names, because their sources use them, without changes", async () => {
    answerApi({ "GET /secrets": { body: page([secret()]) } });
    showPage(<SecretsPage />, { role: "member" });
    expect((await screen.findByTestId("secrets")).textContent).toContain("load-db");
    for (const id of ["set-secret", "delete-secret"]) expect(screen.queryByTestId(id)).toBeNull();
  });

  it("asks the API nothing for who may not see them", async () => {
    const asked = answerApi({});
    showPage(<SecretsPage />, { role: "viewer" });
    expect(await screen.findByText(/Viewers cannot see secrets/)).toBeTruthy();
    expect(asked).toEqual([]);
  });
});
