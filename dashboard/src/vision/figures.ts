// Figures of a classifier.
import type { Confusion } from "../api/figures";

/** More classes than this make a matrix that nobody can read: the page then lists the pairs that are confused most. */
export const MATRIX_CLASSES = 30;

export interface Pair {
  truth: string;
  answer: string;
  count: number;
}

/** The pairs of classes that were taken for each other most often. */
export function worstPairs(confusion: Confusion, most: number): Pair[] {
  const pairs = confusion.counts.flatMap((row, truth) =>
    row.map((count, answer) => ({ truth: confusion.classes[truth] ?? "", answer: confusion.classes[answer] ?? "", count, right: truth === answer })),
  );
  return pairs
    .filter((pair) => !pair.right && pair.count > 0)
    .sort((one, other) => other.count - one.count)
    .slice(0, most)
    .map(({ truth, answer, count }) => ({ truth, answer, count }));
}

/** How dark a cell is: its share of the class's examples, lifted so that one mistake in a thousand can be seen. */
export function shade(count: number, total: number): number {
  return count === 0 || total === 0 ? 0 : Math.max(0.08, Math.sqrt(count / total));
}
