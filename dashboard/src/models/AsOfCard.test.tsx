import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { ModelDetail } from "../api/types";
import { answerApi, showPage } from "../testing-pages";
import AsOfCard from "./AsOfCard";

const model = {
  name: "load", champion: 2,
  version_list: [{ version: 2, data_schema: { target: "load", frequency: "1h", timezone: "UTC", series_names: null } }],
} as unknown as ModelDetail;

const THEN = {
  model: "load", at: "2026-03-03T12:00:00Z", alias: "champion", state: "held", model_created_at: "2026-03-01T00:00:00Z", timezone: "UTC",
  holder: { alias: "champion", version: 2, previous_version: 1, action: "promote", reason: "better", said: null, by: "gate", run_id: "r", at: "2026-03-02T00:00:00Z", until: null },
  plugin: "forecasting.ridge", learned_from: null, data: { dataset_id: "d", name: "sales", version: 3, fingerprint: "f", rows: 1200, end_at: "2026-03-03T10:00:00Z", added_at: null },
  forecast: {
    prediction_id: "p", made_at: "2026-03-03T11:00:00Z", version: 2, plugin: "forecasting.ridge", series: null, target: "load", unit: "kW", interval: 0.9,
    origin: "2026-03-03T10:00:00Z", data: { dataset_id: "d", name: "sales", version: 3, fingerprint: "f", rows: null, end_at: null, added_at: null }, known: 1,
    points: [
      { step: 1, at: "2026-03-03T11:00:00Z", value: 5, low: 4, high: 6, predicted_label: null, actual: 5.5, label: null, loss: 0.5, hit: true, late: false, judged_at: "2026-03-03T12:00:00Z" },
      { step: 2, at: "2026-03-03T12:00:00Z", value: 7, low: 6, high: 8, predicted_label: null, actual: null, label: null, loss: null, hit: null, late: false, judged_at: null },
    ],
  },
  ledger_since: "2026-03-02T00:00:00Z",
};

async function ask() {
  fireEvent.change(await screen.findByTestId("as-of-at"), { target: { value: "2026-03-03T15:00" } });
  await userEvent.click(screen.getByTestId("as-of-show"));
}

describe("AsOfCard", () => {
  it("asks for the moment of the reader's zone and shows what stood over what happened", async () => {
    answerApi({ "GET /models/load/as-of": { body: THEN } });
    const fetched = vi.spyOn(globalThis, "fetch");
    showPage(<AsOfCard model={model} />);
    await ask();
    const answer = await screen.findByTestId("as-of-answer");
    expect(answer.textContent).toContain("The champion was v2 (forecasting.ridge)");
    expect(answer.textContent).toContain("sales v3, 1,200 rows");
    expect(answer.textContent).toContain("Outcomes known now: 1 of 2.");
    const cells = screen.getAllByRole("row").slice(1).map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent));
    expect(cells).toEqual([["5.000", "4.000", "6.000", "5.500", "yes"], ["7.000", "6.000", "8.000", "–", "–"]]);
    expect(fetched.mock.calls.at(-1)?.[0]).toContain(encodeURIComponent(new Date("2026-03-03T15:00").toISOString()));
  });

  it("says clearly where there was no model", async () => {
    answerApi({ "GET /models/load/as-of": { body: { ...THEN, state: "before_model", holder: null, data: null, forecast: null } } });
    showPage(<AsOfCard model={model} />);
    await ask();
    expect((await screen.findByTestId("as-of-answer")).textContent).toContain("The model did not exist at that moment");
  });
});
