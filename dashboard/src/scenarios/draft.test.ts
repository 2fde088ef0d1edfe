import { describe, expect, it } from "vitest";

import { numbersIn, problemOf, requestOf, type DraftScenario } from "./draft";

const promo = (way: "multiply" | "add" | "values", text: string, name = "promo"): DraftScenario => ({ name, changes: [{ column: "price", way, text }] });

describe("scenarios as they are typed", () => {
  it("reads numbers with a decimal point or comma", () => {
    expect(numbersIn(" 9  8,5; -7 ")).toEqual([9, 8.5, -7]);
    expect(numbersIn("9 cheap")).toBeNull();
    expect(numbersIn("")).toBeNull();
  });

  it("takes one number to multiply by or to add", () => {
    expect(problemOf({ column: "price", way: "add", text: "1 2" })).toBe("oneNumber");
    expect(problemOf({ column: "price", way: "values", text: "1 2" })).toBeNull();
    expect(problemOf({ column: "price", way: "multiply", text: "x" })).toBe("noNumber");
  });

  it("sends nothing while a name is missing or taken", () => {
    expect(requestOf([promo("add", "1", " ")])).toBeNull();
    expect(requestOf([promo("add", "1"), promo("add", "2")])).toBeNull();
  });

  it("sends each change in exactly one way", () => {
    expect(requestOf([promo("multiply", "0,9"), promo("values", "1 2", "list")])).toEqual([
      { name: "promo", changes: [{ column: "price", values: null, multiply: 0.9, add: null }] },
      { name: "list", changes: [{ column: "price", values: [1, 2], multiply: null, add: null }] },
    ]);
  });
});
