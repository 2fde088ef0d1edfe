// The ten categorical colours, and what tells series apart without them: the dash of a line and the shape of a mark.
// The colours are in theme/tokens.css; theme/palette.test.ts computes their contrast and distances.

export const CATEGORICAL = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5", "--chart-6", "--chart-7", "--chart-8", "--chart-9", "--chart-10"] as const;

export type Categorical = (typeof CATEGORICAL)[number];

/** The colour of the series at an index; after ten, colours return with another dash and mark. */
export function colorOf(index: number): Categorical {
  return CATEGORICAL[index % CATEGORICAL.length] ?? "--chart-1";
}

/** The same as a CSS value. */
export function cssColorOf(index: number): string {
  return `var(${colorOf(index)})`;
}

const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3], [14, 5], [4, 2, 4, 6]];

/** The dash of a line: neighbours in the list never share one, and ten series later the next one is used. */
export function dashOf(index: number): readonly number[] {
  return DASHES[(index + Math.floor(index / CATEGORICAL.length)) % DASHES.length] ?? [];
}

export const MARKS = ["circle", "square", "triangle", "diamond", "cross", "triangle-down"] as const;

export type Mark = (typeof MARKS)[number];

export function markOf(index: number): Mark {
  return MARKS[(index + Math.floor(index / CATEGORICAL.length)) % MARKS.length] ?? "circle";
}

/** SVG path of a mark around the origin with a given radius. */
export function markPath(mark: Mark, r: number): string {
  switch (mark) {
    case "circle":
      return `M${-r},0a${r},${r} 0 1,0 ${2 * r},0a${r},${r} 0 1,0 ${-2 * r},0Z`;
    case "square":
      return `M${-r},${-r}H${r}V${r}H${-r}Z`;
    case "triangle":
      return `M0,${-r * 1.2}L${r * 1.1},${r}H${-r * 1.1}Z`;
    case "triangle-down":
      return `M0,${r * 1.2}L${r * 1.1},${-r}H${-r * 1.1}Z`;
    case "diamond":
      return `M0,${-r * 1.35}L${r * 1.35},0L0,${r * 1.35}L${-r * 1.35},0Z`;
    case "cross":
      return `M${-r},${-r / 3}H${-r / 3}V${-r}H${r / 3}V${-r / 3}H${r}V${r / 3}H${r / 3}V${r}H${-r / 3}V${r / 3}H${-r}Z`;
  }
}
