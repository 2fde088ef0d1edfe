import { describe, expect, it } from "vitest";

import { comparedSettings } from "./compared";

describe("comparedSettings", () => {
  it("names nested settings by their path and marks what differs, is new or is gone", () => {
    const lines = comparedSettings({ window: 24, net: { layers: [1, 2], rate: 0.1 }, old: true, none: {} }, { window: 24, net: { layers: [1, 3], rate: 0.1 }, fresh: 2, unset: null, none: {} });
    expect(lines.filter(({ differs }) => differs).map(({ name, values }) => [name, ...values])).toEqual([["fresh", undefined, 2], ["net.layers", [1, 2], [1, 3]], ["old", true, undefined]]);
    expect(lines.filter(({ differs }) => !differs).map(({ name }) => name)).toEqual(["net.rate", "none", "unset", "window"]);
  });
});
