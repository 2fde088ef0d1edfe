import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import i18next from "i18next";
import { describe, expect, it } from "vitest";

import type { Evaluation } from "../api/evaluation";
import { sampleRun } from "../runs/samples";
import { answerApi, showPage } from "../testing-pages";
import { ContendersCard } from "./ContendersCard";
import { sampleEvaluation, sampleMetric, sampleVerdict } from "./samples";
import { VerdictCard } from "./VerdictCard";

/** An evaluation of a task kind that the dashboard does not know. */
const ordinal: Evaluation = {
  ...sampleEvaluation,
  kind: "ordinal",
  unit: "stars",
  metrics: [
    sampleMetric("near", { title: { en: "Within one", tr: "En çok bir uzak" }, hint: { en: "Share of answers at most one step off." }, direction: "higher", format: "share", pairing: { rows: "examples", mean: "arithmetic", binary: true } }),
    sampleMetric("distance", { title: { en: "Mean distance", tr: "Ortalama uzaklık" }, unit: "target", digits: 2 }),
    sampleMetric("near_low", { detail: "hidden" }),
    sampleMetric("near_high", { detail: "hidden" }),
  ],
  ranked_by: "distance",
  gate_metric: "near",
  shown_horizons: [],
  parts: { train: { rows: 900, start: null, end: null, origins: null, classes: null, rows_sha256: null }, test: { rows: 100, start: null, end: null, origins: 100, classes: null, rows_sha256: null } },
  contenders: [
    { name: "stars.ordinal", role: "candidate", rank: 1, metrics: { near: 0.9, near_low: 0.85, near_high: 0.94, distance: 0.4 }, seconds: 2, horizons: [], classes: [], pinball: {}, intervals: [] },
    { name: "stars.median", role: "baseline", rank: 2, metrics: { near: 0.7, near_low: 0.6, near_high: 0.79, distance: 0.35 }, seconds: 0, horizons: [], classes: [], pinball: {}, intervals: [] },
  ],
  best_baseline: "stars.median",
  winner: "stars.ordinal",
  comparisons: [],
};

describe("an evaluation of an unknown task kind", () => {
  it("is a table of its own metrics, in their format and direction", () => {
    answerApi({});
    showPage(<ContendersCard evaluation={ordinal} runId="r1" />);
    const [head, first, second] = within(screen.getByTestId("baseline-table")).getAllByRole("row").map((row) => row.textContent);
    expect(head).toBe("RankContenderWithin oneMean distance (stars)Fit time");
    expect(first).toBe("1stars.ordinal new90.0% (85.0% – 94.0%) (best)0.402 secs".replace("2 secs", "2 sec"));
    expect(second).toBe("2stars.median baseline70.0% (60.0% – 79.0%)0.35 (best)0 sec");
    expect(screen.getByText(/100 held-out examples/)).toBeTruthy();
    expect(screen.getByText(/Within one: Share of answers at most one step off/)).toBeTruthy();
    expect(screen.getByText(/Trained on 900 examples/)).toBeTruthy();
  });

  it("gives the verdict its scores, each next to the best baseline's", async () => {
    await i18next.changeLanguage("tr");
    showPage(<VerdictCard run={sampleRun({ state: "succeeded" })} verdict={sampleVerdict} evaluation={ordinal} loading={false} error={null} />);
    const text = screen.getByTestId("verdict").textContent;
    await i18next.changeLanguage("en");
    expect(text).toContain("En çok bir uzak%90,0%85,0 – %94,0median %70,0%60,0 – %79,0");
    expect(text).toContain("Ortalama uzaklık (stars)0,40median 0,35");
    expect(text).toContain("100 ayrılmış örnekte");
  });
});

describe("an evaluation by horizon", () => {
  it("shows one metric at a time, and what is relative to the best baseline", async () => {
    showPage(<ContendersCard evaluation={sampleEvaluation} runId="r1" />);
    const head = () => within(screen.getByTestId("baseline-table")).getAllByRole("row")[0]?.textContent;
    expect(head()).toBe("RankContenderAll1 ahead8 aheadSkillFit time");
    const choice: HTMLSelectElement = screen.getByLabelText("Metric");
    expect([...choice.options].map((option) => option.textContent)).toEqual(["RMSE", "R²", "Coverage"]);
    await userEvent.selectOptions(choice, "Coverage");
    expect(within(screen.getByTestId("baseline-table")).getAllByRole("row")[1]?.textContent).toContain("90.0%90.0%90.0%");
  });
});
