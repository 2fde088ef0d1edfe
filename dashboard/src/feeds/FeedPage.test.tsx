import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Feed, FeedRow } from "../api/types";
import { answerApi, page, showPage } from "../testing-pages";
import FeedPage from "./FeedPage";
import FeedsPage from "./FeedsPage";
import { columnsOf, rowOf } from "./rows";

const feed: Feed = {
  id: "f1", name: "prices", columns: [{ name: "price", classes: null }, { name: "side", classes: ["buy", "sell"] }], keys: ["btc", "eth"],
  interval_seconds: 60, grace_seconds: 5, fill: 0, source: "websocket", options: {}, every_seconds: 10, historical: false,
  state: "online", run_id: "r1", collecting: true, rows: 2, sealed_rows: 0, held_rows: 1, duplicates: 3, refused: 1,
  problem: { en: "'high' is not a number", tr: "'high' bir sayı değil" },
  watermark: "2024-05-01T10:01:00Z", received_at: "2024-05-01T10:01:01Z", polled_at: "2024-05-01T10:01:01Z", lag_seconds: 4,
  bytes: 2048, last_event_seq: 7, created_at: "2024-05-01T09:00:00Z", closed_at: null, deleted_at: null, deleted_by: null,
};
const row = (seq: number, kind: FeedRow["kind"], price: number | null): FeedRow => ({ seq, kind, at: "2024-05-01T10:00:00Z", key: "btc", received_at: "2024-05-01T10:00:01Z", values: { price, side: "buy" } });
const rows = { rows: [row(1, "row", 41.5), row(2, "gap", null)], next: null, last_seq: 2 };
const chart = { column: "price", key: "btc", times: [], values: [], total_rows: 0 };

const answers = (fields: Partial<Feed> = {}) => ({
  "GET /feeds/prices": { body: { ...feed, ...fields } },
  "GET /feeds/f1/rows": { body: rows },
  "GET /feeds/f1/chart": { body: chart },
});

describe("the page of a feed", () => {
  it("shows state, problem and the newest rows, newest first", async () => {
    answerApi(answers());
    showPage(<FeedPage name="prices" />);
    expect((await screen.findByTestId("feed-state")).textContent).toBe("online");
    expect(screen.getByText(/Last problem: 'high' is not a number/)).toBeTruthy();
    const table = await screen.findByRole("table", { name: "Newest rows" });
    expect(within(table).getAllByRole("row").slice(1).map((one) => within(one).getByRole("rowheader").textContent)).toEqual(["2", "1"]);
    expect(within(table).getByText("gap")).toBeTruthy();
  });

  it("posts a row with numbers, classes and missing values", async () => {
    const asked = answerApi({ ...answers(), "POST /feeds/f1/rows": { body: { received: 1, numbered: 1, duplicates: 0, held: 0, last_seq: 3 } } });
    showPage(<FeedPage name="prices" />);
    const form = await screen.findByTestId("post-row");
    const user = userEvent.setup();
    await user.type(within(form).getByLabelText("side"), "sell");
    await user.click(within(form).getByRole("button", { name: "Post row" }));
    expect(await screen.findByText("Numbered: 1, duplicates: 0, waiting: 0")).toBeTruthy();
    const sent = asked.find((one) => one.method === "POST")?.body as { rows: { key: string; values: unknown }[] };
    expect(sent.rows[0]).toMatchObject({ key: "btc", values: { price: null, side: "sell" } });
  });

  it("offers to stop a running collector, and nothing once the feed is closed", async () => {
    const asked = answerApi({ ...answers(), "POST /feeds/f1/stop": { body: feed } });
    const shown = showPage(<FeedPage name="prices" />);
    await userEvent.setup().click(await screen.findByTestId("stop-collector"));
    expect(asked.some((one) => one.method === "POST" && one.path === "/feeds/f1/stop")).toBe(true);
    shown.unmount();
    answerApi(answers({ state: "closed", collecting: false, closed_at: "2024-05-02T00:00:00Z" }));
    showPage(<FeedPage name="prices" />);
    await screen.findByText("Cut a dataset");
    for (const one of ["start-collector", "stop-collector", "close-feed", "post-row"]) expect(screen.queryByTestId(one)).toBeNull();
  });

  it("offers a viewer nothing to change", async () => {
    answerApi(answers());
    showPage(<FeedPage name="prices" />, { role: "viewer" });
    await screen.findByTestId("feed-state");
    for (const one of ["stop-collector", "close-feed", "post-row", "cut-feed"]) expect(screen.queryByTestId(one)).toBeNull();
  });
});

describe("the list of feeds", () => {
  it("creates a feed whose rows are posted", async () => {
    const asked = answerApi({ "GET /feeds": { body: page([]) }, "GET /plugins": { body: page([]) }, "POST /feeds": { status: 201, body: feed } });
    const { history } = showPage(<FeedsPage />);
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("new-feed"));
    await user.type(await screen.findByTestId("feed-name"), "prices");
    await user.type(screen.getByTestId("feed-columns"), "price, side=buy|sell");
    await user.click(screen.getByTestId("create-feed"));
    await screen.findByText("No feeds yet");
    expect(asked.find((one) => one.method === "POST")?.body).toMatchObject({ name: "prices", columns: feed.columns, keys: [], source: null, interval_seconds: null });
    expect(history.at(-1)).toBe("/p/default/feeds/prices");
  });
});

describe("what is typed", () => {
  it("becomes columns and values", () => {
    expect(columnsOf(" a , b=x| y ")).toEqual([{ name: "a", classes: null }, { name: "b", classes: ["x", "y"] }]);
    expect(rowOf("t", "", feed.columns, { price: "41,5", side: " buy " }).values).toEqual({ price: 41.5, side: "buy" });
    expect(rowOf("t", "", feed.columns, { price: "high" }).values).toEqual({ price: "high", side: null });
  });
});
