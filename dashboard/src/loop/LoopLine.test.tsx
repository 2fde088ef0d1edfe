import { screen, within } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, describe, expect, it } from "vitest";

import { answerApi, showPage } from "../testing-pages";
import { LoopLine } from "./LoopLine";
import { since } from "./since";

const NOW = "2026-03-20T12:00:00Z";
const step = (name: string, more: Record<string, unknown> = {}) => ({
  name, state: "done", at: NOW, count: null, counted_all: true, open: false, triggers: [{ kind: "platform", name: null, id: null }], missing: null,
  run_id: null, version: null, dataset: null, prediction_id: null, error: null, gate: null, ...more,
});

const LOOP = {
  model: "shop", at: NOW, closed: false,
  steps: [
    step("observed", { at: "2026-03-20T11:57:00Z", count: 24, dataset: "sales", version: 4 }),
    step("predicted", { at: "2026-03-20T11:59:30Z", count: 1000, counted_all: false }),
    step("judged", { count: 10000, counted_all: false }),
    step("learned", { at: "2026-03-20T06:00:00Z", run_id: "run1", version: 9, open: true, triggers: [], missing: { what: "train", command: "azuraforge models keep-fresh shop --retrain weekly" } }),
    step("gate", { run_id: "run1", gate: { decision: "refused", why: "within_noise", text: { en: "Within noise.", tr: "Gürültü." } } }),
    step("champion", { at: "2026-03-08T12:00:00Z", version: 7 }),
  ],
};

const line = () => screen.getAllByTestId(/^loop-/).map((one) => one.textContent).join(" → ");

afterEach(() => i18next.changeLanguage("en"));

describe("LoopLine", () => {
  it("says on one line how far the loop is, and names what is missing", async () => {
    answerApi({ "GET /models/shop/loop": { body: LOOP } });
    showPage(<LoopLine model="shop" />);
    await screen.findByTestId("loop");
    expect(line()).toBe(
      "observed 3 minutes ago → predicted just now → judged 10,000+ → learned 6 hours agoopen → gate: refused (within noise) → champion v7 for 12 days",
    );
    expect(screen.getByText("azuraforge models keep-fresh shop --retrain weekly")).toBeTruthy();
    expect(within(screen.getByTestId("loop-learned")).getByRole("link").getAttribute("href")).toMatch(/runs\/run1$/);
    expect(within(screen.getByTestId("loop-observed")).getByRole("link").getAttribute("href")).toMatch(/datasets\/sales$/);
  });

  it("says the same in Turkish", async () => {
    await i18next.changeLanguage("tr");
    answerApi({ "GET /models/shop/loop": { body: LOOP } });
    showPage(<LoopLine model="shop" />);
    await screen.findByTestId("loop");
    expect(line()).toBe(
      "3 dakika önce gözlendi → az önce tahmin edildi → 10.000+ nokta değerlendirildi → 6 saat önce öğrendiaçık → kapı: reddedildi (fark gürültü düzeyinde) → şampiyon v7, 12 gündür",
    );
  });

  it("shows failures and steps that were never taken", async () => {
    const steps = [step("observed", { state: "failed", error: "the source is down" }), step("predicted", { state: "none", at: null }), step("gate"), step("champion", { state: "none", at: null })];
    answerApi({ "GET /models/shop/loop": { body: { ...LOOP, steps } } });
    showPage(<LoopLine model="shop" />);
    await screen.findByTestId("loop");
    expect(line()).toBe("refresh failed just now → nothing predicted → gate: no verdict → no champion");
    expect(screen.getByTestId("loop-observed").title).toContain("the source is down");
  });
});

describe("since", () => {
  it("takes the largest unit that fits", () => {
    expect(since("2026-03-20T11:59:01Z", NOW)).toEqual({ unit: "now", count: 0 });
    expect(since("2026-03-20T11:00:00Z", NOW)).toEqual({ unit: "hours", count: 1 });
    expect(since("2026-03-18T12:00:01Z", NOW)).toEqual({ unit: "hours", count: 47 });
    expect(since("2026-03-18T12:00:00Z", NOW)).toEqual({ unit: "days", count: 2 });
  });
});
