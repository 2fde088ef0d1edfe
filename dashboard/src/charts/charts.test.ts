import { describe, expect, it } from "vitest";

import { Formats } from "../language/format";
import { sampleForecast } from "../forecasting/samples";
import { dateParts, fitLabels, momentLabel } from "./axes";
import { forecastColumns, isDaily, recentRange, rhythmOf, testColumns } from "./bands";
import { plotOptions } from "./options";
import { countPoints } from "./Plot";

const DAY = 86_400;

describe("forecastColumns", () => {
  it("puts history and forecast over one axis, the interval only where there is a forecast", () => {
    const [times, history, value, high, low] = forecastColumns(sampleForecast.history, sampleForecast.next);
    expect(times).toHaveLength(4);
    expect(times[2]).toBe(Date.parse("2002-01-05T00:00:00Z") / 1000);
    expect(history).toEqual([371.2, 371.5, null, null]);
    expect(value).toEqual([null, null, 371.9, 372.1]);
    expect(high).toEqual([null, null, 372.6, 372.9]);
    expect(low).toEqual([null, null, 371.2, 371.3]);
  });
});

describe("testColumns", () => {
  it("lives without an interval", () => {
    const { test } = sampleForecast;
    expect(test && testColumns({ ...test, low: null, high: null })[3]).toEqual([null]);
  });
});

describe("recentRange", () => {
  it("shows the end of a long history", () => {
    const history = Array.from({ length: 500 }, (_, day): [string, number] => [new Date(day * DAY * 1000).toISOString(), day]);
    const next = [{ at: new Date(500 * DAY * 1000).toISOString(), value: 1, low: null, high: null }];
    expect(recentRange(history, next)).toEqual([440 * DAY, 500 * DAY]);
    expect(recentRange(history.slice(0, 50), next)).toBeNull();
    expect(recentRange([], next)).toBeNull();
  });
});

describe("axes", () => {
  it("says as much of a date as is needed", () => {
    expect(dateParts(30)).toHaveProperty("second");
    expect(dateParts(3600)).toHaveProperty("hour");
    expect(dateParts(DAY)).not.toHaveProperty("hour");
    expect(dateParts(31 * DAY)).toEqual({ month: "short", year: "numeric" });
    expect(dateParts(366 * DAY)).toEqual({ year: "numeric" });
  });

  it("speaks the reader's language", () => {
    expect(momentLabel("tr-TR", { dated: true, zone: undefined })(Date.parse("2002-08-05T12:00:00Z") / 1000)).toContain("Ağu");
    expect(momentLabel("en-GB", { dated: true, zone: undefined })(Date.parse("2002-08-05T12:00:00Z") / 1000)).toContain("Aug");
  });

  it("makes room for the longest label", () => {
    expect(fitLabels({} as never, null)).toBe(36);
    expect(fitLabels({} as never, ["1", "1,234,567"])).toBeGreaterThan(70);
  });

  it("knows daily rows from hourly ones", () => {
    expect(isDaily(["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"])).toBe(true);
    expect(isDaily(["2020-01-01T00:00:00Z", "2020-01-01T01:00:00Z"])).toBe(false);
    expect(isDaily([])).toBe(false);
  });

  it("keeps dates at midnight UTC on their day, wherever the reader is", () => {
    expect(rhythmOf(["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"])).toEqual({ dated: true, zone: "UTC" });
    expect(rhythmOf(["2019-12-31T21:00:00Z", "2020-01-01T21:00:00Z"])).toEqual({ dated: true, zone: undefined });
    expect(rhythmOf(["2020-01-01T00:00:00Z", "2020-01-01T01:00:00Z"])).toEqual({ dated: false, zone: undefined });
    const midnight = Date.parse("2002-08-05T00:00:00Z") / 1000;
    expect(momentLabel("en-GB", { dated: true, zone: "UTC" })(midnight)).toBe("5 Aug 2002");
  });

  it("reads rows in the zone of their series, wherever the reader is", () => {
    const nights = ["2025-12-31T21:00:00Z", "2026-01-01T21:00:00Z"];
    const days = rhythmOf(nights, { frequency: "1d", zone: "Europe/Istanbul" });
    expect(momentLabel("en-GB", days)(Date.parse("2025-12-31T21:00:00Z") / 1000)).toBe("1 Jan 2026");
    const hours = rhythmOf(nights, { frequency: "1h", zone: "Europe/Istanbul" });
    expect(momentLabel("en-GB", hours)(Date.parse("2025-12-31T21:00:00Z") / 1000)).toMatch(/^1 Jan 2026.* 0?0:00.GMT\+3$/);
    expect(rhythmOf(["2020-01-01T00:00:00Z", "2020-01-02T00:00:00Z"], { frequency: null, zone: "America/New_York" })).toEqual({ dated: true, zone: "UTC" });
  });
});

describe("plotOptions", () => {
  it("fills the band between its edges", () => {
    const lines = [
      { label: "value", color: "--chart-1" },
      { label: "upper", color: "--chart-2", edge: "high" },
      { label: "lower", color: "--chart-2", edge: "low" },
    ] as const;
    const options = plotOptions({ lines, x: "time", xLabel: "Time", height: 200 }, 500, new Formats("en"), (name) => name);
    expect(options.bands).toEqual([{ series: [2, 3], fill: "--chart-band" }]);
    expect(options.series).toHaveLength(4);
  });
});

describe("countPoints", () => {
  it("counts values, not gaps", () => {
    expect(countPoints([[1, 2, 3], [1, null, 3], [undefined, 2, undefined]])).toBe(3);
  });
});
