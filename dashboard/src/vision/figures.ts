// Figures of a classifier.
import type { Confusion } from "../api/figures";

/** With more classes than this, the matrix is unreadable and the page lists the most confused pairs instead. */
export const MATRIX_CLASSES = 30;

export interface Pair {
  truth: string;
  answer: string;
  count: number;
}

/** Return the pairs of classes that were confused most often. */
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

/** Return the shade of a cell: its share of the class's examples, raised so that one mistake in a thousand is visible. */
export function shade(count: number, total: number): number {
  return count === 0 || total === 0 ? 0 : Math.max(0.08, Math.sqrt(count / total));
}
