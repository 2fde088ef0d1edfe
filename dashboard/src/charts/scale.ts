/** Map data to a box of `size` pixels; an empty range maps to the middle. */
export function scale(low: number, high: number, size: number): (value: number) => number {
  return (value) => (high > low ? ((value - low) / (high - low)) * size : size / 2);
}
