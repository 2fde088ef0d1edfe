/** A classifier's error rate less that of the best baseline of its run, in points (hundredths): below zero errs less.
 *
 * A ratio would have almost no errors as its denominator. Skill is 1 − rate ÷ the baseline's rate, null where the
 * baseline makes no error; null here where both say nothing about it.
 */
export function fewerErrors(metrics: Record<string, unknown> | null | undefined): number | null {
  const rate = metrics?.["error_rate"];
  const beside = metrics?.["baseline_error_rate"];
  const skill = metrics?.["skill"];
  if (typeof rate !== "number") return null;
  if (typeof beside === "number") return (rate - beside) * 100;
  if (skill === null) return rate * 100;
  return typeof skill === "number" && skill < 1 ? (rate - rate / (1 - skill)) * 100 : null;
}
