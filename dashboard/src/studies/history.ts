// Data for the charts of a study.
import type { StudyDetail, Trial } from "../api/types";

export type Direction = "minimize" | "maximize";

export function directionOf(study: Pick<StudyDetail, "objectives">, index = 0): Direction {
  return study.objectives[index]?.direction === "maximize" ? "maximize" : "minimize";
}

export function better(one: number, other: number, direction: Direction): boolean {
  return direction === "minimize" ? one < other : one > other;
}

export interface Step {
  number: number;
  score: number;
  best: number;
}

/** The complete trials by number, each with its score of an objective and the best one until then. */
export function history(trials: readonly Trial[], direction: Direction, index = 0): Step[] {
  const steps: Step[] = [];
  for (const trial of [...trials].sort((a, b) => a.number - b.number)) {
    const score = trial.state === "complete" ? trial.scores?.[index] : undefined;
    if (score === undefined || !Number.isFinite(score)) continue;
    const before = steps.at(-1)?.best;
    steps.push({ number: trial.number, score, best: before === undefined || better(score, before, direction) ? score : before });
  }
  return steps;
}

/** The best baseline of an objective, by name; null if none was scored yet. */
export function bestBaseline(study: Pick<StudyDetail, "objectives" | "baselines">, index = 0): { name: string; score: number } | null {
  let found: { name: string; score: number } | null = null;
  for (const { name, scores } of study.baselines) {
    const score = scores?.[index];
    if (score === null || score === undefined) continue;
    if (found === null || better(score, found.score, directionOf(study, index))) found = { name, score };
  }
  return found;
}

/** A range with a little room at both ends; never empty. */
function spanOf(values: readonly number[]): [number, number] {
  const low = values.reduce((a, b) => Math.min(a, b), Infinity);
  const high = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const room = (high - low) * 0.06 || Math.abs(low) * 0.05 || 1;
  return [low - room, high + room];
}

/** Return the shown range of scores. The worst tenth is cut off if it is far from the others, which it would flatten. */
export function shownSpan(scores: readonly number[], direction: Direction, others: readonly number[] = []): [number, number] {
  if (scores.length === 0) return [0, 1];
  const sorted = [...scores].sort((a, b) => (direction === "minimize" ? a - b : b - a));
  const kept = sorted.slice(0, Math.max(3, Math.ceil(sorted.length * 0.9)));
  const [low, high] = spanOf([...kept, ...others]);
  const whole = spanOf([...scores, ...others]);
  return whole[1] - whole[0] > 3 * (high - low) ? [low, high] : whole;
}
