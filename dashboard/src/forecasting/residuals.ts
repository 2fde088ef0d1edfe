import type { Residuals } from "../api/figures";

/** Return the counts of the bins if the errors were normal with their mean and standard deviation. */
export function normalCounts(residuals: Pick<Residuals, "mean" | "standard_deviation" | "histogram">): number[] {
  const { mean, standard_deviation: spread, histogram } = residuals;
  if (mean === null || spread === null || spread <= 0) return [];
  const total = histogram.counts.reduce((sum, count) => sum + count, 0);
  return histogram.counts.map((_, bin) => {
    const [from, to] = [histogram.edges[bin] ?? 0, histogram.edges[bin + 1] ?? 0];
    const distance = ((from + to) / 2 - mean) / spread;
    return (total * (to - from) * Math.exp(-0.5 * distance * distance)) / (spread * Math.sqrt(2 * Math.PI));
  });
}
