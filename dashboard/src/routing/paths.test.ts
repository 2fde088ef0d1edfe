import { describe, expect, it } from "vitest";

import { address } from "../api/client";
import { pathsOf, safeNext } from "./paths";

describe("safeNext", () => {
  it("follows a path of this platform", () => {
    expect(safeNext("/p/default/runs/k3v9?tab=1")).toBe("/p/default/runs/k3v9?tab=1");
  });

  it("never leaves it", () => {
    for (const next of [null, "", "https://evil.example", "//evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)", "runs", "/sign-in#link=x"]) {
      expect(safeNext(next), String(next)).toBeNull();
    }
  });
});

describe("pathsOf", () => {
  it("escapes names", () => {
    expect(pathsOf("a b").model("x/y")).toBe("/p/a%20b/models/x%2Fy");
    expect(pathsOf("p").newRun({ plugin: "a.b" })).toBe("/p/p/new-run?plugin=a.b");
    expect(pathsOf("p").newRun()).toBe("/p/p/new-run");
  });
});

describe("address", () => {
  it("leaves out what is not known", () => {
    expect(address("/runs", { state: null, after: undefined, limit: 25 })).toBe("/api/v1/runs?limit=25");
    expect(address("/runs")).toBe("/api/v1/runs");
  });
});
