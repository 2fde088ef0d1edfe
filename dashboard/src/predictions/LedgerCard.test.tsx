import { screen } from "@testing-library/react";
import { describe, expect, it } from "vitest";

import type { ModelDetail } from "../api/types";
import { answerApi, showPage } from "../testing-pages";
import { LedgerCard } from "./LedgerCard";

const model = (schema: Record<string, unknown>) =>
  ({ name: "load", champion: 1, version_list: [{ version: 1, data_schema: schema }] }) as unknown as ModelDetail;

const line = {
  prediction_id: "p1", model: "load", version: 1, target: "load", unit: "kW", origin: "2026-01-01T21:00:00Z", created_at: "2026-01-05T10:00:00Z",
  predictions: [{ at: "2026-01-02T21:00:00Z", value: 5, low: null, high: null }], outcome: null, latency_seconds: 0.01,
};

describe("LedgerCard", () => {
  it("shows a daily row in the ledger as the date of its own zone", async () => {
    answerApi({ "GET /predictions": { body: { items: [line], next: null } } });
    showPage(<LedgerCard model={model({ time: "at", target: "load", frequency: "1d", timezone: "Europe/Istanbul" })} />);
    expect(await screen.findByText(/^(Jan 2, 2026|2 Jan 2026)$/)).toBeTruthy();
  });
});
