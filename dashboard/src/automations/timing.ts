// Conversion between the form's inputs for times and the API's timings.
import type { RunDetail, Schedule, ScheduleRequest, Timing } from "../api/types";

export type Way = "daily" | "interval" | "cron";
export type Unit = NonNullable<Schedule["interval"]>["unit"];

export const UNITS: readonly Unit[] = ["seconds", "minutes", "hours", "days"];
/** Choices of days, as the last field of a cron expression. */
export const DAYS = ["*", "1-5", "1", "2", "3", "4", "5", "6", "0"] as const;
export type Days = (typeof DAYS)[number];

export interface TypedTiming {
  way: Way;
  clock: string;
  days: Days;
  every: string;
  unit: Unit;
  cron: string;
  timezone: string;
}

export type Fault = "clock" | "every" | "cron";

/** Return the timing, or the name of the invalid input. */
export function readTiming(typed: TypedTiming): { timing: Timing } | { fault: Fault } {
  const { timezone } = typed;
  if (typed.way === "interval") {
    const every = /^\d{1,6}$/.test(typed.every.trim()) ? Number(typed.every) : 0;
    return every >= 1 && every <= 100_000 ? { timing: { timezone, interval: { every, unit: typed.unit } } } : { fault: "every" };
  }
  if (typed.way === "daily") {
    const found = /^(\d{1,2})[:.](\d{2})$/.exec(typed.clock.trim());
    const [hour, minute] = [Number(found?.[1]), Number(found?.[2])];
    return found && hour < 24 && minute < 60 ? { timing: { timezone, cron: `${minute} ${hour} * * ${typed.days}` } } : { fault: "clock" };
  }
  const cron = typed.cron.trim().split(/\s+/).join(" ");
  return cron.split(" ").length === 5 ? { timing: { timezone, cron } } : { fault: "cron" };
}

/** Convert a stored timing to form inputs; timings without a simpler form stay cron expressions. */
export function typedOf(schedule: Pick<Schedule, "cron" | "interval" | "timezone">): TypedTiming {
  const typed: TypedTiming = { way: "cron", clock: "06:30", days: "*", every: "6", unit: "hours", cron: schedule.cron ?? "30 6 * * 1-5", timezone: schedule.timezone };
  if (schedule.interval) return { ...typed, way: "interval", every: String(schedule.interval.every), unit: schedule.interval.unit };
  const daily = /^(\d{1,2}) (\d{1,2}) \* \* (\S+)$/.exec(typed.cron);
  const days = DAYS.find((one) => one === daily?.[3]);
  if (!daily || days === undefined) return typed;
  return { ...typed, way: "daily", clock: [daily[2], daily[1]].map((digits) => digits?.padStart(2, "0")).join(":"), days };
}

/** Return the body of POST /runs that repeats a run on the newest version of its dataset. */
export function requestOf(run: RunDetail): ScheduleRequest["run"] {
  const { kind, plugin, model, config, seed, threads, priority } = run;
  return { kind, plugin, model, config, seed, threads, priority, dataset: run.dataset_name };
}

/** Return all time zones, the reader's zone first; the browser's list may lack it. */
export function zones(): string[] {
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
  return [...new Set([own, "UTC", ...Intl.supportedValuesOf("timeZone")])];
}
