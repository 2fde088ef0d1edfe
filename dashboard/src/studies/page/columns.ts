// Columns of a study's trials for the charts, and the estimate between them.
import type { StudyDetail, Trial } from "../../api/types";
import type { Column, Value } from "../../charts/parallel/columns";

/** A value of a config as a chart places it: numbers and texts unchanged, anything else as JSON. */
const plain = (value: unknown): Value => (value === null || value === undefined ? null : typeof value === "number" || typeof value === "string" ? value : JSON.stringify(value));

/** One column per searched field, then one per objective. */
export function trialColumns(study: Pick<StudyDetail, "space" | "objectives">, trials: readonly Trial[]): Column[] {
  return [
    ...Object.entries(study.space).map(([name, { choices, log }]): Column => ({ id: `field ${name}`, name, values: trials.map(({ params }) => plain(params[name])), scale: choices ? "category" : log === true ? "log" : "linear" })),
    ...study.objectives.map(({ metric }, index): Column => ({ id: `score ${metric}`, name: metric, values: trials.map(({ scores }) => scores?.[index] ?? null), result: true })),
  ];
}

export interface Point {
  x: number;
  y: number;
  score: number;
}

/** Cells farther than this from every trial, as a share of the axes, are left empty. */
const FAR = 0.2;

/** A grid of estimates from 0 to 1 between points from 0 to 1: the mean of all points, weighted by the inverse of the squared distance. */
export function surface(points: readonly Point[], cells: number): (number | null)[][] {
  return Array.from({ length: cells }, (_, row) => Array.from({ length: cells }, (__, column) => estimate(points, (column + 0.5) / cells, (row + 0.5) / cells)));
}

function estimate(points: readonly Point[], x: number, y: number): number | null {
  let [sum, weights, nearest] = [0, 0, Infinity];
  for (const point of points) {
    const squared = (point.x - x) ** 2 + (point.y - y) ** 2;
    const weight = 1 / (squared + 1e-4);
    sum += point.score * weight;
    weights += weight;
    if (squared < nearest) nearest = squared;
  }
  return nearest > FAR ** 2 ? null : sum / weights;
}
