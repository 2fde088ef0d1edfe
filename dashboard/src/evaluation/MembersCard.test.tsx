import { screen, within } from "@testing-library/react";
import i18next from "i18next";
import { describe, expect, it } from "vitest";

import type { Evaluation } from "../api/evaluation";
import { answerApi, showPage } from "../testing-pages";
import { MembersCard } from "./MembersCard";
import { sampleEvaluation } from "./samples";

const member = (name: string, weight: number, score: number, rmse: number | null) => ({ name, weight, score, seconds: 2, trials: 1, metrics: rmse === null ? {} : { rmse } });

const combined: Evaluation = {
  ...sampleEvaluation,
  composition: {
    rule: "weights",
    measure: { en: "mean absolute error", tr: "ortalama mutlak hata" },
    budget_seconds: 30,
    members: [member("my.trees", 0.75, 0.5, 0.42), member("my.line", 0.25, 0.6, 0.45), member("my.naive", 0, 1, null)],
    left_out: [{ name: "my.net", why: "stopped", reason: { en: "too slow", tr: "çok yavaş" }, seconds: 30 }],
    not_refitted: [{ name: "my.line", why: "failed", reason: { en: "no rows", tr: "satır yok" }, seconds: 1 }],
  },
};

describe("the members of a combined forecaster", () => {
  it("stand in a table next to the combination, with those that were left out", () => {
    answerApi({});
    showPage(<MembersCard evaluation={combined} />);
    const rows = within(screen.getByTestId("members-table")).getAllByRole("row").map((row) => row.textContent);
    expect(rows[1]).toBe("my.trees75.0%0.5000.420012 sec");
    expect(rows[3]).toBe("my.naive–1.000–12 sec");
    expect(rows[4]).toBe("Combined0.412038 sec");
    expect(screen.getByText("my.net: too slow")).toBeTruthy();
    expect(screen.getByText("my.line: no rows")).toBeTruthy();
  });

  it("speak Turkish", async () => {
    answerApi({});
    await i18next.changeLanguage("tr");
    showPage(<MembersCard evaluation={combined} />);
    expect(screen.getByText("my.net: çok yavaş")).toBeTruthy();
    expect(screen.getByText(/ortalama mutlak hata/)).toBeTruthy();
    await i18next.changeLanguage("en");
  });

  it("are not shown of a forecaster that combines nothing", () => {
    answerApi({});
    showPage(<MembersCard evaluation={sampleEvaluation} />);
    expect(screen.queryByTestId("members")).toBeNull();
  });
});
