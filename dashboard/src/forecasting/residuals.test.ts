import { describe, expect, it } from "vitest";

import { normalCounts } from "./residuals";

const residuals = { mean: 0, standard_deviation: 1, histogram: { edges: [-2, 0, 2], counts: [50, 50] } };

describe("normalCounts", () => {
  it("gives the normal distribution the same total", () => {
    const counts = normalCounts(residuals);
    expect(counts[0]).toBeCloseTo(counts[1] ?? 0);
    expect(normalCounts({ ...residuals, standard_deviation: null })).toEqual([]);
  });
});
