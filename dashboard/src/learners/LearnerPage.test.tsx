import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { Feed, Learner, LearnerScore, LearnerTimeline } from "../api/types";
import { answerApi, page, showPage } from "../testing-pages";
import LearnerPage from "./LearnerPage";
import LearnersPage from "./LearnersPage";
import { requestOf } from "./target";
import { entriesOf } from "./timeline";

const learner: Learner = {
  id: "l1", name: "next-hour", feed: "prices", feed_id: "f1", plugin: "online.linear.class", task: "class", config: {},
  plan: {
    task: "class", target: { column: "side", kind: "value", ahead_rows: 0, ahead_seconds: null }, columns: ["price", "side"], classes: ["buy", "sell"], keys: [], inputs: ["price"], features: [],
    seed: 5, buffer: 1, state_every_seconds: 3600, archive_every_seconds: 21_600, state_rows: 32, drift: null, suspicious_above: null, accuracy_below: null,
  },
  retention: { newest: 48, all_days: 2, daily_days: 30 },
  timeout_seconds: 300, memory_limit_bytes: 1 << 30,
  copied_from: null, copied_seq: null, state: "online", run_id: "r1", problem: null, attempts: 2, seq: 500, lag_rows: 3, at: "2024-05-01T10:01:00Z", answers: 500, outcomes: 499, facts: 1, states: 2, bytes: 2048,
  committed_at: "2024-05-01T10:01:01Z", last_event_seq: 7, created_by: null, created_at: "2024-05-01T09:00:00Z", deleted_at: null, deleted_by: null,
};
const score = (value: number, low: number | null, high: number | null): LearnerScore => ({ metric: "accuracy", value, low, high });
const scores = {
  ranked_by: "accuracy", higher_is_better: true, outcomes: 499, effective: 499, hours: 9, better: null,
  contenders: [
    { name: "online.last_class", baseline: true, scores: [score(0.85, 0.8, 0.9)], difference: score(-0.03, -0.06, 0.01) },
    { name: "online.linear.class", baseline: false, scores: [score(0.82, 0.78, 0.87)], difference: null },
  ],
};
const answer = (seq: number, outcome: number | null) => ({ seq, at: "2024-05-01T10:00:00Z", key: "", answer: [1, 0.2, 0.8], outcome, known_at: null, loss: outcome === null ? null : 0.5, baseline_losses: {} });
const timeline: LearnerTimeline = {
  states: [{ seq: 480, fact: 0, at: "2024-05-01T10:00:00Z", archive: true, sha256: "aa", bytes: 1024, created_at: "2024-05-01T10:00:01Z" }],
  notices: [{ seq: 490, at: "2024-05-01T10:00:30Z", kind: "drift", body: { adwin: 0.4 } }],
  facts: [{ number: 1, seq: null, at: null, kind: "command", name: "pause", body: {}, created_by: null, created_at: "2024-05-01T10:02:00Z" }],
};

const answers = (fields: Partial<Learner> = {}) => ({
  "GET /learners/next-hour": { body: { ...learner, ...fields } },
  "GET /learners/l1/scores": { body: scores },
  "GET /learners/l1/hours": { body: { metric: "accuracy", hours: [] } },
  "GET /learners/l1/answers": { body: { answers: [answer(499, 1), answer(500, null)] } },
  "GET /learners/l1/timeline": { body: timeline },
});

describe("the page of a learner", () => {
  it("shows the verdict, the baselines in order, and classes by name", async () => {
    answerApi(answers());
    showPage(<LearnerPage name="next-hour" />);
    expect((await screen.findByTestId("learner-verdict")).textContent).toContain("not yet known");
    const league = screen.getByRole("table", { name: "Scores" });
    expect(within(league).getAllByRole("rowheader").map((one) => one.textContent)).toEqual(["online.last_class", "online.linear.class (this learner)"]);
    expect(within(league).getByText(/−0\.06 – 0\.01/)).toBeTruthy();
    const newest = await screen.findByRole("table", { name: "Newest answers" });
    const rows = within(newest).getAllByRole("row").slice(1);
    expect(rows.map((one) => within(one).getByRole("rowheader").textContent)).toEqual(["500", "499"]);
    expect(rows.map((one) => within(one).getAllByRole("cell").map((cell) => cell.textContent).slice(1))).toEqual([["sell", "not known yet", "–"], ["sell", "sell", "0.5"]]);
  });

  it("shows waiting commands, drift and archives in one timeline", async () => {
    answerApi(answers());
    showPage(<LearnerPage name="next-hour" />, { role: "viewer" });
    const table = await screen.findByRole("table", { name: "Timeline" });
    expect(within(table).getAllByRole("row").slice(1).map((one) => within(one).getAllByRole("cell").map((cell) => cell.textContent).filter((_, index) => index !== 2))).toEqual([
      ["command", "waits", "pause"],
      ["drift", "490", "adwin = 0.4"],
      ["archive", "480", "1 kB"],
    ]);
  });

  it("stops a running learner, starts a stopped one, and offers neither once it has ended", async () => {
    const asked = answerApi({ ...answers(), "POST /learners/l1/stop": { body: learner } });
    const shown = showPage(<LearnerPage name="next-hour" />);
    await userEvent.setup().click(await screen.findByTestId("stop-learner"));
    expect(asked.some((one) => one.method === "POST" && one.path === "/learners/l1/stop")).toBe(true);
    shown.unmount();
    answerApi(answers({ state: "error", problem: { en: "the learner broke its contract", tr: "öğrenici sözleşmesini bozdu" } }));
    const failed = showPage(<LearnerPage name="next-hour" />);
    await screen.findByTestId("start-learner");
    expect(screen.getByText("the learner broke its contract")).toBeTruthy();
    failed.unmount();
    answerApi(answers({ state: "ended" }));
    showPage(<LearnerPage name="next-hour" />);
    await screen.findByTestId("learner-verdict");
    for (const one of ["start-learner", "stop-learner", "send-command"]) expect(screen.queryByTestId(one)).toBeNull();
  });

  it("sends a command only if its fields are a JSON object", async () => {
    const asked = answerApi({ ...answers(), "POST /learners/l1/commands": { status: 201, body: { ...timeline.facts[0], number: 2 } } });
    showPage(<LearnerPage name="next-hour" />);
    const form = await screen.findByTestId("send-command");
    const user = userEvent.setup();
    await user.type(within(form).getByLabelText("Action"), "look");
    await user.type(within(form).getByLabelText("Fields"), "[[1]");
    await user.click(within(form).getByRole("button", { name: "Send" }));
    expect(within(form).getByText("This is not a JSON object.")).toBeTruthy();
    expect(asked.some((one) => one.method === "POST")).toBe(false);
    await user.clear(within(form).getByLabelText("Fields"));
    await user.type(within(form).getByLabelText("Fields"), '{{"depth": 2}');
    await user.click(within(form).getByRole("button", { name: "Send" }));
    expect(await screen.findByText("Command 2 was sent.")).toBeTruthy();
    expect(asked.find((one) => one.method === "POST")?.body).toEqual({ action: "look", body: { depth: 2 } });
  });

  it("creates a learner from a saved state", async () => {
    const asked = answerApi({ ...answers(), "POST /learners/l1/copies": { status: 201, body: { ...learner, name: "next-hour-480" } } });
    const { history } = showPage(<LearnerPage name="next-hour" />);
    const user = userEvent.setup();
    await user.click(await screen.findByTestId("copy-learner"));
    await user.click(await screen.findByRole("button", { name: "Create learner" }));
    await vi.waitFor(() => expect(history.at(-1)).toBe("/p/default/learners/next-hour-480"));
    expect(asked.find((one) => one.method === "POST")?.body).toEqual({ name: "next-hour-480", seq: 480 });
  });

  it("offers a viewer nothing to change", async () => {
    answerApi(answers());
    showPage(<LearnerPage name="next-hour" />, { role: "viewer" });
    await screen.findByTestId("learner-verdict");
    for (const one of ["stop-learner", "send-command"]) expect(screen.queryByTestId(one)).toBeNull();
  });
});

describe("the list of learners", () => {
  const feed = { id: "f1", name: "prices", columns: [{ name: "price", classes: null }, { name: "load", classes: null }] } as unknown as Feed;
  const plugin = { kind: "learner", name: "online.linear.number", title: { en: "Linear" }, summary: { en: "A linear model." }, error: null, schema: { properties: {} } };

  it("creates a learner of the only feed", async () => {
    const asked = answerApi({ "GET /learners": { body: page([learner]) }, "GET /feeds": { body: page([feed]) }, "GET /plugins": { body: page([plugin]) }, "POST /learners": { status: 201, body: learner } });
    const { history } = showPage(<LearnersPage />);
    const user = userEvent.setup();
    expect(await screen.findByRole("link", { name: "next-hour" })).toBeTruthy();
    await user.click(screen.getByTestId("new-learner"));
    await user.type(await screen.findByTestId("learner-name"), "next-hour");
    await user.selectOptions(screen.getByTestId("learner-kind"), "change");
    await user.type(screen.getByTestId("learner-ahead"), "12");
    await user.click(screen.getByTestId("create-learner"));
    expect(await screen.findByText("Learners", { selector: "h1" })).toBeTruthy();
    expect(asked.find((one) => one.method === "POST")?.body).toEqual({ name: "next-hour", feed: "prices", plugin: "online.linear.number", config: {}, target: { column: "price", kind: "change", ahead_rows: 12 }, inputs: ["price", "load"] });
    expect(history.at(-1)).toBe("/p/default/learners/next-hour");
  });

  it("says that a feed is needed first", async () => {
    answerApi({ "GET /learners": { body: page([]) }, "GET /feeds": { body: page([]) }, "GET /plugins": { body: page([plugin]) } });
    showPage(<LearnersPage />);
    await userEvent.setup().click(await screen.findByTestId("new-learner"));
    expect(await screen.findByText("There is no feed to learn from")).toBeTruthy();
  });
});

describe("what is typed", () => {
  it("leaves a label out of the inputs unless it is ahead", () => {
    const typed = { name: " a ", feed: "f", plugin: "p", column: "y", kind: "value", ahead: "", inputs: "" } as const;
    expect(requestOf(typed, ["x", "y"], {}).inputs).toEqual(["x"]);
    expect(requestOf({ ...typed, ahead: "1" }, ["x", "y"], {}).inputs).toEqual(["x", "y"]);
    expect(requestOf({ ...typed, inputs: "y, x" }, ["x", "y"], {}).inputs).toEqual(["y", "x"]);
  });

  it("keeps kinds that the page does not know as notices", () => {
    const { notices } = timeline;
    expect(entriesOf({ states: [], facts: [], notices: notices.map((one) => ({ ...one, kind: "new" })) })[0]?.kind).toBe("other");
  });
});
