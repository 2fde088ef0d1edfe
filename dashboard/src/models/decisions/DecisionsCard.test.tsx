import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import type { Promotion } from "../api/types";
import { answerApi, page, showPage } from "../testing-pages";
import { WaitingCard } from "./WaitingCard";

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

describe("WaitingCard", () => {
  it("shows who asked and why, and approves", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "GET /models/sales/promotions": { body: page([promotion()]) }, "POST /models/sales/promotions/7/approve": { body: {} } });
    showPage(<WaitingCard name="sales" writer />);
    const card = await screen.findByTestId("waiting");
    expect(card.textContent).toContain("Version 3 as champion");
    expect(card.textContent).toContain("Asked for by the gate");
    expect(card.textContent).toContain("It is better beyond noise.");
    await user.click(screen.getByRole("button", { name: "Approve" }));
    const dialog = await screen.findByRole("dialog");
    await user.type(screen.getByLabelText("Reason (optional)"), "seen");
    await user.click([...dialog.querySelectorAll("button")].find((each) => each.textContent === "Approve") as HTMLElement);
    await waitFor(() => expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ reason: "seen" }));
  });

  it("offers no approval to the person who asked, and no decision to a viewer", async () => {
    answerApi({ "GET /models/sales/promotions": { body: page([promotion({ may_approve: false })]) } });
    showPage(<WaitingCard name="sales" writer />);
    expect(await screen.findByRole("button", { name: "Decline" })).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Approve" })).toBeNull();
    expect(screen.getByText(/another member must approve it/)).toBeTruthy();
  });

  it("shows which approvals are given, and how many are needed", async () => {
    const approvals = [{ by: "kemal", reason: "nights are better", at: "2026-01-03T05:30:00Z" }];
    answerApi({ "GET /models/sales/promotions": { body: page([promotion({ needed: 2, approvals })]) } });
    showPage(<WaitingCard name="sales" writer />);
    const card = await screen.findByTestId("waiting");
    expect(card.textContent).toContain("1 of 2 approvals");
    expect(card.textContent).toContain("Approved by kemal");
    expect(card.textContent).toContain("nights are better");
  });

  it("is absent while nothing waits", async () => {
    const asked = answerApi({ "GET /models/sales/promotions": { body: page([]) } });
    showPage(<WaitingCard name="sales" writer={false} />);
    await waitFor(() => expect(asked.length).toBe(1));
    expect(screen.queryByTestId("waiting")).toBeNull();
  });
});
