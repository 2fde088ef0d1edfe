// Smoothing of a curve. NaN values (null) stay gaps and do not enter the average.
export type Smoothing = "none" | "ema" | "window";

export type Values = readonly (number | null)[];

/**
 * Exponential moving average without the bias of its start: the first values are weighted as if the series had always
 * existed. `strength` (0 to 1) is the weight of the past.
 */
export function debiasedEma(values: Values, strength: number): (number | null)[] {
  let sum = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null) return null;
    sum = strength * sum + (1 - strength) * value;
    weight = strength * weight + (1 - strength);
    return sum / weight;
  });
}

/** Mean of the last `width` values. */
export function windowMean(values: Values, width: number): (number | null)[] {
  const kept: number[] = [];
  let sum = 0;
  let first = 0;
  return values.map((value) => {
    if (value === null) return null;
    kept.push(value);
    sum += value;
    if (kept.length - first > width) sum -= kept[first++] ?? 0;
    return sum / (kept.length - first);
  });
}

/** `strength` is between 0 and 1; a window has the width whose mean is as smooth as that of the moving average. */
export function smoothed(values: Values, how: Smoothing, strength: number): (number | null)[] {
  if (how === "none" || strength <= 0) return [...values];
  return how === "ema" ? debiasedEma(values, Math.min(strength, 0.999)) : windowMean(values, windowOf(strength));
}

export const windowOf = (strength: number): number => Math.max(2, Math.round((1 + strength) / Math.max(0.001, 1 - strength)));
