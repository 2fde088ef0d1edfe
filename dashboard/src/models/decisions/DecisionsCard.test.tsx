import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { Deployment, ModelDetail, ModelVersion, Promotion, StoredEvaluation } from "../../api/types";
import { answerApi, page, showPage } from "../../testing-pages";
import { challengersOf, standingOf } from "./challengers";
import { DecisionsCard } from "./DecisionsCard";

const promotion = (fields: Partial<Promotion> = {}): Promotion => ({
  model: "sales",
  number: 7,
  alias: "champion",
  version: 3,
  previous_version: 2,
  reason: "It is better beyond noise.",
  said: { en: "It is better beyond noise.", tr: "Gürültüyü aşacak kadar daha iyi." },
  by: "gate",
  run_id: null,
  at: "2026-01-02T05:30:00Z",
  state: "waiting",
  needed: 1,
  approvals: [],
  decided_by: null,
  decided_reason: null,
  decided_at: null,
  may_approve: true,
  ...fields,
});

const version = (number: number, fields: Partial<ModelVersion> = {}) => ({ version: number, plugin: "forecasting.ets", run_id: `run${String(number)}`, aliases: [], created_at: "2026-01-02T05:30:00Z", ...fields }) as unknown as ModelVersion;
const model = (champion: number | null, versions: ModelVersion[]) => ({ name: "sales", champion, version_list: versions }) as unknown as ModelDetail;
const verdict = (of: number, fields: Record<string, unknown>) => ({ version: of, verdict: { champion: "forecasting.ridge", approved: null, reasons: [], ...fields } }) as unknown as StoredEvaluation;
const test = { worse: 1, even: 2, better: 3, margin: 0, log_wealth: 0, alpha: 0.05 };
const canary = { number: 4, alias: "champion", mode: "canary", version: 5, alongside: 2, share_percent: 20, state: "active", errors: { ...test, worse: 0 }, losses: test, extremes: { bound: null }, reason: "try", started_at: "2026-01-02T05:30:00Z" } as unknown as Deployment;

const show = (answers: Record<string, { body: unknown }>, shown = model(2, [version(2)]), writer = true, onPromote = vi.fn()) => {
  const asked = answerApi({ "GET /models/sales/promotions": { body: page([]) }, "GET /models/sales/deployments": { body: page([]) }, ...answers });
  showPage(<DecisionsCard model={shown} writer={writer} onPromote={writer ? onPromote : null} />);
  return { asked, onPromote };
};

describe("DecisionsCard", () => {
  it("shows who asked and why, and approves", async () => {
    const user = userEvent.setup();
    const { asked } = show({ "GET /models/sales/promotions": { body: page([promotion()]) }, "POST /models/sales/promotions/7/approve": { body: {} } }, model(2, [version(3), version(2)]));
    const card = await screen.findByTestId("waiting");
    expect(card.textContent).toContain("Version 3 as champion");
    expect(card.textContent).toContain("Asked for by the gate");
    expect(card.textContent).toContain("It is better beyond noise.");
    expect(screen.queryByTestId("challenger")).toBeNull(); // it is shown once
    await user.click(screen.getByRole("button", { name: "Approve" }));
    const dialog = await screen.findByRole("dialog");
    await user.type(screen.getByLabelText("Reason (optional)"), "seen");
    await user.click([...dialog.querySelectorAll("button")].find((each) => each.textContent === "Approve") as HTMLElement);
    await waitFor(() => expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ reason: "seen" }));
  });

  it("offers no approval to the person who asked, and no decision to a viewer", async () => {
    show({ "GET /models/sales/promotions": { body: page([promotion({ may_approve: false })]) } });
    expect(await screen.findByRole("button", { name: "Decline" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
    expect(screen.getByText(/another member must approve it/)).toBeTruthy();
  });

  it("shows which approvals are given, and how many are needed", async () => {
    const approvals = [{ by: "kemal", reason: "nights are better", at: "2026-01-03T05:30:00Z" }];
    show({ "GET /models/sales/promotions": { body: page([promotion({ needed: 2, approvals })]) } });
    const card = await screen.findByTestId("waiting");
    expect(card.textContent).toContain("1 of 2 approvals");
    expect(card.textContent).toContain("Approved by kemal");
    expect(card.textContent).toContain("nights are better");
  });

  it("says that nothing waits", async () => {
    show({}, model(2, [version(2), version(1)]), false);
    expect(await screen.findByText(/Nothing waits for a decision/)).toBeTruthy();
    expect(screen.queryByTestId("waiting")).toBeNull();
  });

  it("shows a canary with its results, and a blocked version with the gate's reasons and its promotion", async () => {
    const user = userEvent.setup();
    const reasons = [{ code: "worse", params: {}, text: { en: "It is not better beyond noise.", tr: "Gürültüyü aşmıyor." } }];
    const { onPromote } = show(
      { "GET /models/sales/deployments": { body: page([canary]) }, "GET /evaluations/run6": { body: verdict(6, { decision: "kept", reasons }) } },
      model(2, [version(6), version(5), version(2)]),
    );
    expect((await screen.findByTestId("trial")).textContent).toContain("Version 5 answers 20% of the requests alongside version 2");
    expect(screen.getByTestId("trial").textContent).toContain("worse 1, equal 2, better 3");
    const blocked = await screen.findByTestId("challenger");
    expect(blocked.textContent).toContain("not promoted");
    expect(blocked.textContent).toContain("It is not better beyond noise.");
    await user.click(screen.getByRole("button", { name: "Promote version 6" }));
    expect(onPromote).toHaveBeenCalledWith(6);
    expect(screen.getByRole("link", { name: "Compare with the champion" }).getAttribute("href")).toBe("/p/default/models/sales?tab=versions&a=6&b=2");
  });
});

describe("challengers", () => {
  it("are newer than the champion, and not shown elsewhere", () => {
    const versions = [version(4), version(3), version(2), version(1)];
    expect(challengersOf(model(2, versions), new Set([3])).map((one) => one.version)).toEqual([4]);
    expect(challengersOf(model(null, versions), new Set()).map((one) => one.version)).toEqual([4, 3, 2, 1]);
  });

  it("stand as the gate decided", () => {
    expect(standingOf(version(3, { aliases: ["candidate"] }), null)).toBe("passed");
    expect(standingOf(version(3), verdict(3, { decision: "approved", approved: "forecasting.ets" }))).toBe("passed");
    expect(standingOf(version(3), verdict(3, { decision: "kept" }))).toBe("blocked");
    expect(standingOf(version(3, { plugin: "forecasting.ridge" }), verdict(2, { decision: "baseline_promoted" }))).toBe("served");
    expect(standingOf(version(3), verdict(2, { decision: "kept" }))).toBe("unknown");
    expect(standingOf(version(3), null)).toBe("unknown");
  });
});
