// What happened since the last visit, counted from the event log.
import type { LoggedEvent } from "../events/api";

export interface Changes {
  succeeded: number;
  failed: number;
  /** Models whose champion changed, with the newest version. */
  promoted: readonly { model: string; version: number | null }[];
  datasets: readonly string[];
  drifted: readonly string[];
  judged: number;
  total: number;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** `events` are newest first. */
export function changesOf(events: readonly LoggedEvent[]): Changes {
  const promoted = new Map<string, number | null>();
  const [datasets, drifted] = [new Set<string>(), new Set<string>()];
  let [succeeded, failed, judged] = [0, 0, 0];
  for (const { type, data } of events) {
    if (type === "run.state" && data["state"] === "succeeded") succeeded += 1;
    if (type === "run.state" && (data["state"] === "failed" || data["state"] === "quarantined")) failed += 1;
    if ((type === "model.promoted" || type === "model.rolled_back") && data["alias"] === "champion" && !promoted.has(text(data["model"]))) promoted.set(text(data["model"]), typeof data["version"] === "number" ? data["version"] : null);
    if (type === "dataset.version_added") datasets.add(text(data["dataset"]));
    if (type === "model.drift") drifted.add(text(data["model"]));
    if (type === "prediction.judged" && typeof data["points"] === "number") judged += data["points"];
  }
  return { succeeded, failed, judged, promoted: [...promoted].map(([model, version]) => ({ model, version })), datasets: [...datasets], drifted: [...drifted], total: events.length };
}
