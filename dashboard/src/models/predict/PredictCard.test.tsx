import { fireEvent, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import type { ModelDetail } from "../../api/types";
import { answerApi, showPage } from "../../testing-pages";
import { PredictCard } from "./PredictCard";

vi.mock("../../charts/Plot", () => ({ Plot: ({ data, testId }: { data: unknown; testId?: string }) => <div data-testid={testId}>{JSON.stringify(data)}</div> }));

const model = {
  name: "load", champion: 2,
  version_list: [{ version: 2, dataset_id: "d1", dataset_version: 1, config: {}, plugin: "forecasting.ridge", run_id: "r1", data_schema: { time: "at", target: "load", features: [], frequency: "1h", timezone: "UTC", series_names: null } }],
} as unknown as ModelDetail;
const point = (hour: number, value: number) => ({ at: `2026-03-03T${String(hour).padStart(2, "0")}:00:00Z`, value, low: value - 1, high: value + 1 });
const predicted = {
  prediction_id: "p1", model: "load", version: 2, alias: "champion", plugin: "forecasting.ridge", run_id: "r1", target: "load", unit: "kW", interval: 0.9,
  origin: "2026-03-03T11:00:00Z", predictions: [point(12, 5), point(13, 7)], dataset_version: 3, trained_on: 1, newer_version: null, series: null, new_series: false, missing_series: [],
};
const hour = (at: string) => Date.parse(at) / 1000;

describe("PredictCard", () => {
  it("draws the newest rows of the dataset, the forecast from their end, and what happened", async () => {
    const user = userEvent.setup();
    answerApi({
      "POST /models/load/predict": { body: predicted },
      "GET /datasets/d1/rows": { body: { times: ["2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z"], columns: { load: [3, 4] }, total_rows: 900 } },
      "GET /predictions/p1": { body: { ...predicted, outcomes: [{ step: 1, actual: 5.5 }] } },
    });
    const fetched = vi.spyOn(globalThis, "fetch");
    showPage(<PredictCard model={model} writer />);
    await user.click(screen.getByTestId("predict"));
    expect(await screen.findByText("Outcomes already known: 1 of 2.")).toBeTruthy();
    const [times, history, value, , , actual] = JSON.parse((await screen.findByTestId("predict-chart")).textContent) as (number | null)[][];
    expect(times).toEqual(["2026-03-03T10:00:00Z", "2026-03-03T11:00:00Z", "2026-03-03T12:00:00Z", "2026-03-03T13:00:00Z"].map(hour));
    expect(history).toEqual([3, 4, null, null]);
    expect(value).toEqual([null, null, 5, 7]);
    expect(actual).toEqual([null, null, 5.5, null]);
    expect(fetched.mock.calls.map(([url]) => url as string).find((url) => url.includes("/rows"))).toContain("version=3");
  });

  it("sends the rows of a CSV, with the fault first where there is one", async () => {
    const user = userEvent.setup();
    const asked = answerApi({ "POST /models/load/predict": { body: { ...predicted, dataset_version: null, version: 2 } } });
    showPage(<PredictCard model={model} writer />);
    await user.click(screen.getByTestId("source-rows"));
    const field = screen.getByTestId("rows-text");
    fireEvent.change(field, { target: { value: "at,load\n2026-03-03T10:00Z,x" } });
    expect(screen.getByRole("alert").textContent).toContain("Line 2, column load: “x” is not a number");
    await user.click(screen.getByTestId("predict"));
    expect(asked.some(({ method }) => method === "POST")).toBe(false);
    fireEvent.change(field, { target: { value: "at,load,note\n2026-03-03T10:00Z,3,a\n2026-03-03T11:00Z,4,b\n" } });
    expect(screen.getByTestId("rows-read").textContent).toBe("2 rows are ready. Columns that the model does not use are left out: note.");
    await user.click(screen.getByTestId("predict"));
    expect(await screen.findByTestId("prediction")).toBeTruthy();
    expect(asked.find(({ method }) => method === "POST")?.body).toEqual({ version: null, series: null, horizon: null, rows: [{ at: "2026-03-03T10:00Z", load: 3 }, { at: "2026-03-03T11:00Z", load: 4 }] });
    const [, history] = JSON.parse((await screen.findByTestId("predict-chart")).textContent) as (number | null)[][];
    expect(history).toEqual([3, 4, null, null]);
  });

  it("stops a prediction that takes long, without calling it a failure", async () => {
    const user = userEvent.setup();
    answerApi({});
    const stopped = vi.fn();
    const answered = globalThis.fetch;
    vi.stubGlobal("fetch", (url: string, init: RequestInit) =>
      init.method === "POST"
        ? new Promise((_, refuse) => init.signal?.addEventListener("abort", () => { stopped(); refuse(new DOMException("", "AbortError")); }))
        : answered(url, init),
    );
    showPage(<PredictCard model={model} writer />);
    await user.click(screen.getByTestId("predict"));
    await user.click(await screen.findByTestId("cancel-predict"));
    expect(await screen.findByText(/^Cancelled/)).toBeTruthy();
    expect(stopped).toHaveBeenCalledOnce();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(screen.getByTestId("predict").getAttribute("data-pending")).toBeNull();
  });
});
