import { describe, expect, it } from "vitest";

import { sampleRun } from "../samples";
import { shownAs, treeOf } from "./files/tree";
import { differencesOf, settingsOf } from "./settings";

const file = (name: string, media_type = "application/octet-stream") => ({ name, kind: "file", media_type, bytes: 1, sha256: name, created_at: "2026-01-01T00:00:00Z" });

describe("treeOf", () => {
  it("puts files into folders by the parts of their names", () => {
    const tree = treeOf([file("a/b/c.txt"), file("a/d.txt"), file("e.txt")]);
    expect(tree.files.map(({ label }) => label)).toEqual(["e.txt"]);
    expect(tree.folders[0]?.files.map(({ label }) => label)).toEqual(["d.txt"]);
    expect(tree.folders[0]?.folders[0]?.files[0]?.file.name).toBe("a/b/c.txt");
  });
});

describe("shownAs", () => {
  it("leaves pictures and PDFs to the browser, and never HTML or SVG", () => {
    expect(shownAs(file("x", "image/png"))).toBe("picture");
    expect(shownAs(file("x.PDF"))).toBe("pdf");
    for (const name of ["x.html", "x.svg", "x.csv", "x"]) expect(shownAs(file(name, "image/svg+xml")), name).toBe("read");
  });
});

describe("differencesOf", () => {
  it("names what changed, was added and was left out", () => {
    const before = settingsOf(sampleRun({ config: { epochs: 3, old: true }, seed: 1 }));
    const after = settingsOf(sampleRun({ config: { epochs: 5, layers: [1, 2] }, seed: 1 }));
    expect([...differencesOf(after, before)]).toEqual([["epochs", 3], ["layers", undefined], ["old", true]]);
    expect(differencesOf(after, after).size).toBe(0);
  });
});
