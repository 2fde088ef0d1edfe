import { describe, expect, it } from "vitest";

import { slicesOf, slicesText } from "./slices";

const KEYS = ["hour", "weekday"];

describe("guarded slices as one types them", () => {
  it("reads what it writes", () => {
    const slices = [
      { by: "hour", margin: 0.05, values: ["7", "8"] },
      { by: "weekday", margin: 0.125, values: [] },
    ];
    expect(slicesText(slices)).toBe("hour:7,8=5 weekday=12.5");
    expect(slicesOf("hour:7,8=5 weekday=12,5", KEYS)).toEqual(slices);
    expect(slicesOf("  ", KEYS)).toEqual([]);
  });

  it("refuses what it does not know", () => {
    for (const wrong of ["year=5", "hour=much", "hour=-1", "hour=1=2"]) expect(slicesOf(wrong, KEYS)).toBeNull();
  });
});
