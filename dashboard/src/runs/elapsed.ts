import type { Run } from "../api/types";

/** Return the duration of a run so far or in total, in seconds; null before its start. */
export function elapsedSeconds(run: Pick<Run, "started_at" | "finished_at">, now: number = Date.now()): number | null {
  if (run.started_at === null) return null;
  const end = run.finished_at === null ? now : Date.parse(run.finished_at);
  return Math.max(0, (end - Date.parse(run.started_at)) / 1000);
}
