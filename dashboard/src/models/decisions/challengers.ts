// Versions that are newer than the champion and were not promoted.
import type { ModelDetail, ModelVersion, StoredEvaluation } from "../../api/types";

/** Challengers whose verdicts the overview reads; the others are in the table of versions. */
export const SHOWN_CHALLENGERS = 3;

/** Return the versions that could replace the champion, newest first; `elsewhere` are shown with their promotion or deployment. */
export function challengersOf(model: ModelDetail, elsewhere: ReadonlySet<number>): ModelVersion[] {
  return model.version_list.filter(({ version }) => (model.champion === null || version > model.champion) && !elsewhere.has(version));
}

export type Standing = "passed" | "blocked" | "served" | "unknown";

/**
 * Return what the gate decided about a version: it passed and a person may promote it, it was blocked, or it served
 * before. Unknown if the version has no verdict of its own, as imported versions and those of purged runs.
 */
export function standingOf(version: ModelVersion, stored: StoredEvaluation | null | undefined): Standing {
  if (version.aliases.includes("candidate")) return "passed";
  if (!stored) return "unknown";
  const { verdict } = stored;
  if (verdict.champion === version.plugin && (verdict.decision === "promoted" || verdict.decision === "baseline_promoted")) return "served";
  if (verdict.approved === version.plugin) return "passed";
  return stored.version === version.version ? "blocked" : "unknown";
}
