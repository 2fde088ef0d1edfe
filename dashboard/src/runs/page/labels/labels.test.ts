import { describe, expect, it } from "vitest";

import { changeOf, labelsOf, wrongTag } from "./labels";

const before = labelsOf({ name: "first", tags: ["a", "b"], note: null });

describe("labels of a run", () => {
  it("sends only what changed, and tags as differences", () => {
    expect(changeOf(before, before)).toEqual({});
    expect(changeOf(before, { ...before, tags: "b, c,, c " })).toEqual({ add_tags: ["c"], remove_tags: ["a"] });
    expect(changeOf(before, { name: " second ", tags: "a,b", note: "**why**" })).toEqual({ name: "second", note: "**why**" });
  });

  it("removes a note by an empty text", () => {
    const noted = { ...before, note: "old" };
    expect(changeOf(noted, { ...noted, note: "" })).toEqual({ note: "" });
  });

  it("names the first tag that is too long", () => {
    expect(wrongTag("a, b")).toBeNull();
    expect(wrongTag(`a, ${"x".repeat(51)}`)?.problem).toBe("long");
  });
});
