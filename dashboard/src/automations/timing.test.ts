import { describe, expect, it } from "vitest";

import { sampleRun } from "../runs/samples";
import { readTiming, requestOf, zones, type TypedTiming } from "./timing";

const typed = (part: Partial<TypedTiming>): TypedTiming => ({ way: "daily", clock: "06:30", days: "*", every: "6", unit: "hours", cron: "", timezone: "Europe/Berlin", ...part });

describe("readTiming", () => {
  it("makes a cron line of a time of day", () => {
    expect(readTiming(typed({}))).toEqual({ timing: { timezone: "Europe/Berlin", cron: "30 6 * * *" } });
    expect(readTiming(typed({ clock: "7.05", days: "1-5" }))).toEqual({ timing: { timezone: "Europe/Berlin", cron: "5 7 * * 1-5" } });
  });

  it("refuses what is no time of day", () => {
    for (const clock of ["", "24:00", "6:60", "6", "half past six", "-1:00"]) expect(readTiming(typed({ clock }))).toEqual({ fault: "clock" });
  });

  it("reads intervals", () => {
    expect(readTiming(typed({ way: "interval", every: " 15 ", unit: "minutes" }))).toEqual({ timing: { timezone: "Europe/Berlin", interval: { every: 15, unit: "minutes" } } });
    for (const every of ["", "0", "-1", "1.5", "100001", "x"]) expect(readTiming(typed({ way: "interval", every }))).toEqual({ fault: "every" });
  });

  it("leaves the meaning of a cron line to the platform, but counts its fields", () => {
    expect(readTiming(typed({ way: "cron", cron: " 0  6 * * MON " }))).toEqual({ timing: { timezone: "Europe/Berlin", cron: "0 6 * * MON" } });
    expect(readTiming(typed({ way: "cron", cron: "0 6 * *" }))).toEqual({ fault: "cron" });
  });
});

describe("requestOf", () => {
  it("repeats a run on the newest version of its dataset, as a run of its own", () => {
    const request = requestOf(sampleRun({ state: "succeeded", dataset_version: 3, priority: 2 }));
    expect(request).toEqual({ kind: "train", plugin: "forecasting.lstm", model: "co2", dataset: "co2", config: { epochs: 60, hidden_size: 64 }, seed: 7, threads: 1, priority: 2 });
  });
});

describe("zones", () => {
  it("begins with the reader's own and names each once", () => {
    const all = zones();
    expect(all[0]).toBe(Intl.DateTimeFormat().resolvedOptions().timeZone);
    expect(all).toContain("UTC");
    expect(all).toContain("Europe/Istanbul");
    expect(new Set(all).size).toBe(all.length);
  });
});
