// What a classifier's run tells, beside its evaluation: figures that the platform computed on the test part.

export interface ClassMetrics {
  name: string;
  precision: number | null;
  recall: number | null;
  f1: number | null;
  support: number;
  answered: number;
}

export interface Confusion {
  classes: string[];
  contender: string;
  counts: number[][];
  baseline: string;
  baseline_counts: number[][];
}

export interface PerClass {
  contender: string;
  rows: ClassMetrics[];
  baseline: string;
  baseline_rows: ClassMetrics[];
}

export interface Bin {
  low: number;
  high: number;
  count: number;
  confidence: number | null;
  accuracy: number | null;
}

export interface Reliability {
  contender: string;
  bins: Bin[];
  ece: number;
  uncalibrated_bins: Bin[] | null;
  ece_uncalibrated: number | null;
  baseline: string;
  baseline_bins: Bin[];
  baseline_ece: number;
}

export interface Mistake {
  name: string;
  truth: string;
  answer: string;
  probability: number;
  probability_of_truth: number;
  png: string;
}

export interface Mistakes {
  contender: string;
  wrong: number;
  examples: number;
  height: number;
  width: number;
  images: Mistake[];
}

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
