// Forecasts as columns over one time axis.
import { isDated, isUtcDate, type RowZone } from "../language/format";
import type { Forecast } from "../api/figures";
import type { PlotData } from "./Plot";

const seconds = (at: string) => Date.parse(at) / 1000;
const DAY = 86_400;

/** History, then the next values with their interval, and the actual values if requested; a column is null where it has no value. */
export function forecastColumns(history: Forecast["history"], next: Forecast["next"], actual: readonly (number | null)[] | null = null): PlotData {
  const nothing = history.map(() => null);
  return [
    [...history.map(([at]) => seconds(at)), ...next.map((point) => seconds(point.at))],
    [...history.map(([, value]) => value), ...next.map(() => null)],
    [...nothing, ...next.map((point) => point.value)],
    [...nothing, ...next.map((point) => point.high)],
    [...nothing, ...next.map((point) => point.low)],
    ...(actual === null ? [] : [[...nothing, ...next.map((_, index) => actual[index] ?? null)]]),
  ];
}

export function testColumns(test: NonNullable<Forecast["test"]>): PlotData {
  const empty = test.at.map(() => null);
  return [test.at.map(seconds), test.actual, test.predicted, test.high ?? empty, test.low ?? empty];
}

/** Return the range of the last part of the history that keeps the forecast readable; null if that is the whole history. */
export function recentRange(history: Forecast["history"], next: Forecast["next"]): [number, number] | null {
  const shown = Math.max(60, next.length * 6);
  const first = history.at(-shown);
  const last = next.at(-1);
  if (first === undefined || last === undefined || history.length <= shown) return null;
  return [seconds(first[0]), seconds(last.at)];
}

/** How a time axis labels its rows: as dates or as moments, and in which zone; undefined is the reader's own. */
export interface Rhythm {
  dated: boolean;
  zone: string | undefined;
}

/** Moments in the reader's zone. */
export const MOMENTS: Rhythm = { dated: false, zone: undefined };

export function rhythmOf(times: readonly string[], series: RowZone | null = null): Rhythm {
  if (series !== null && (series.frequency !== null || !times.every(isUtcDate))) return { dated: isDated(series), zone: series.zone };
  if (!isDaily(times)) return MOMENTS;
  return { dated: true, zone: times.every(isUtcDate) ? "UTC" : undefined };
}

/** Return whether rows are at least a day apart, so that labels need no hours. */
export function isDaily(times: readonly string[]): boolean {
  const [a, b] = [times[0], times[1]];
  return a !== undefined && b !== undefined && seconds(b) - seconds(a) >= DAY;
}
