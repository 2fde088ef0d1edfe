const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export type Distance = { unit: "now"; count: 0 } | { unit: "minutes" | "hours" | "days"; count: number };

/** Return the elapsed time in the largest suitable unit; up to two days are shown in hours. */
export function since(at: string, now: string): Distance {
  const passed = Date.parse(now) - Date.parse(at);
  if (passed >= 2 * DAY) return { unit: "days", count: Math.floor(passed / DAY) };
  if (passed >= HOUR) return { unit: "hours", count: Math.floor(passed / HOUR) };
  if (passed >= MINUTE) return { unit: "minutes", count: Math.floor(passed / MINUTE) };
  return { unit: "now", count: 0 };
}
