// From live scores to a chart's columns: the model's loss next to the naive one, by period.
import type { PlotData } from "../charts/Plot";
import type { LiveScores } from "./api";

interface Sums {
  count: number;
  loss: number;
  naive: number;
  compared: number;
}

/**
 * One point for each stretch of time, all versions together, weighted by their points: a champion that changed in the
 * middle of a stretch is no gap. Predictions that were made after the fact are left out; they prove nothing.
 */
export function lossColumns(scores: LiveScores): PlotData {
  const stretches = new Map<number, Sums>();
  for (const score of scores.over_time) {
    if (score.late || score.start === null) continue;
    const at = Date.parse(score.start) / 1000;
    const sums = stretches.get(at) ?? { count: 0, loss: 0, naive: 0, compared: 0 };
    sums.count += score.count;
    sums.loss += score.loss * score.count;
    if (score.naive_loss !== null) {
      sums.naive += score.naive_loss * score.count;
      sums.compared += score.count;
    }
    stretches.set(at, sums);
  }
  const times = [...stretches.keys()].sort((one, other) => one - other);
  const found = times.map((at) => stretches.get(at));
  return [
    times,
    found.map((sums) => (sums ? sums.loss / sums.count : null)),
    found.map((sums) => (sums && sums.compared > 0 ? sums.naive / sums.compared : null)),
  ];
}
