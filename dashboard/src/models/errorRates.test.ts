import { describe, expect, it } from "vitest";

import { fewerErrors } from "./errorRates";

describe("fewerErrors", () => {
  it("tells points and no ratio of almost no errors", () => {
    expect(fewerErrors({ error_rate: 0.033, skill: -15.5 })).toBeCloseTo(3.1);
    expect(fewerErrors({ error_rate: 0.01, baseline_error_rate: 0.1, skill: 0.9 })).toBeCloseTo(-9);
  });

  it("knows a perfect side where the run told it", () => {
    expect(fewerErrors({ error_rate: 0.02, skill: null })).toBeCloseTo(2);
    expect(fewerErrors({ error_rate: 0, baseline_error_rate: 0.05, skill: 1 })).toBeCloseTo(-5);
    expect(fewerErrors({ error_rate: 0, skill: 1 })).toBeNull();
    expect(fewerErrors(null)).toBeNull();
  });
});
