import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { answerApi, page, showPage } from "../../testing-pages";
import { MessagesCard } from "./MessagesCard";
import { TargetsCard } from "./TargetsCard";
import { optionsOf, valuesOf } from "./options";

const SCHEMA = {
  properties: {
    url: { type: "string", format: "password", description: "where to" },
    secret: { anyOf: [{ type: "string", format: "password" }, { type: "null" }] },
    port: { type: "integer" },
  },
  required: ["url"],
};
const target = { id: "t1", name: "team", notifier: "webhook", options: { url: "https://example.org/…" }, language: "en", group_seconds: 300, escalate_to: null, escalate_after_seconds: null, silenced_until: null, secrets: "unreadable", created_at: "2026-01-01T00:00:00Z" };

describe("options", () => {
  it("makes inputs of a schema, secrets hidden", () => {
    const options = optionsOf(SCHEMA, "en");
    expect(options.map(({ name, isSecret, isRequired }) => [name, isSecret, isRequired])).toEqual([["url", true, true], ["secret", true, false], ["port", false, false]]);
    expect(valuesOf(options, { url: " https://a ", secret: "", port: "25" })).toEqual({ url: "https://a", port: 25 });
    expect(optionsOf(null, "en")).toEqual([]);
  });
});

describe("TargetsCard", () => {
  it("adds a target with what its notifier needs, and shows what the server refuses", async () => {
    const user = userEvent.setup();
    let refused = true;
    const asked = answerApi({
      "GET /notifications/targets": { body: page([target]) },
      "GET /plugins": { body: page([{ name: "webhook", kind: "notifier", error: null, title: { en: "Webhook" }, summary: {}, schema: SCHEMA }, { name: "other", kind: "source", error: null, title: {}, summary: {}, schema: null }]) },
      "POST /notifications/targets": () => (refused ? { status: 422, body: { detail: "an address begins with https://", where: "options.url" } } : { status: 201, body: target }),
    });
    showPage(<TargetsCard />);
    await user.click(await screen.findByTestId("add-target"));
    await user.type(screen.getByRole("textbox", { name: "Name" }), "boss");
    const url = await screen.findByLabelText("url");
    expect(url.getAttribute("type")).toBe("password");
    await user.type(url, "ftp://x");
    await user.selectOptions(screen.getByRole("combobox", { name: "Escalates to" }), "team");
    await user.click(screen.getByTestId("create-target"));
    expect(await screen.findByText("an address begins with https://")).toBeTruthy();
    refused = false;
    await user.click(screen.getByTestId("create-target"));
    await waitFor(() => expect(screen.queryByTestId("create-target")).toBeNull());
    expect(asked.findLast(({ method }) => method === "POST")?.body).toEqual({ name: "boss", notifier: "webhook", options: { url: "ftp://x" }, language: "en", group_seconds: 300, escalate_to: "team", escalate_after_seconds: 3600 });
  });
});

describe("a target whose key is lost", () => {
  it("says so, and takes its options again", async () => {
    const user = userEvent.setup();
    const asked = answerApi({
      "GET /notifications/targets": { body: page([target]) },
      "GET /plugins": { body: page([{ name: "webhook", kind: "notifier", error: null, title: { en: "Webhook" }, summary: {}, schema: SCHEMA }]) },
      "PUT /notifications/targets/t1": { body: { ...target, secrets: "ready" } },
    });
    showPage(<TargetsCard />);
    expect(await screen.findByText(/its key is missing/)).toBeTruthy();
    await user.click(screen.getByTestId("change-target"));
    await user.type(await screen.findByLabelText("url"), "https://x.org");
    await user.click(screen.getByTestId("create-target"));
    await waitFor(() => expect(screen.queryByTestId("create-target")).toBeNull());
    expect(asked.findLast(({ method }) => method === "PUT")?.body).toEqual({ name: "team", notifier: "webhook", options: { url: "https://x.org" }, language: "en", group_seconds: 300 });
  });
});

describe("MessagesCard", () => {
  it("shows the newest messages and acknowledges one", async () => {
    const user = userEvent.setup();
    const message = { id: "m1", target: "team", title: "AzuraForge: fresh", text: "x", count: 3, state: "failed", attempts: 2, error: "example.org answered 404", created_at: "2026-01-01T00:00:00Z", next_at: null, sent_at: null, escalated_at: null, acknowledged_at: null };
    const asked = answerApi({ "GET /notifications": { body: page([message]) }, "POST /notifications/m1/acknowledge": { body: { ...message, acknowledged_at: "2026-01-02T00:00:00Z" } } });
    showPage(<MessagesCard />);
    expect((await screen.findByRole("rowheader")).textContent).toContain("AzuraForge: fresh ×3");
    expect(screen.getByText(/example.org answered 404/)).toBeTruthy();
    await user.click(screen.getByTestId("acknowledge"));
    expect(asked.some(({ path }) => path === "/notifications/m1/acknowledge")).toBe(true);
  });
});
