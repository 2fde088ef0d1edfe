import { describe, expect, it } from "vitest";

import { en } from "./en";
import { firstLanguage, inLanguage } from "./setup";
import { tr } from "./tr";

function flat(texts: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]: [string, unknown]) => {
      const name = path === "" ? key : `${path}.${key}`;
      return typeof value === "string" ? [[name, value] as const] : [...flat(value as object, name)];
    }),
  );
}

const placeholders = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map(([, name]) => name).sort();

describe("texts", () => {
  const [english, turkish] = [flat(en), flat(tr)];

  it("have the same keys in both languages", () => {
    expect([...turkish.keys()].sort()).toEqual([...english.keys()].sort());
  });

  it("define each section in one file only", () => {
    const files = import.meta.glob<Record<string, object>>("./en/*.ts", { eager: true });
    const sections = Object.entries(files).flatMap(([file, module]) => (file.endsWith("/index.ts") ? [] : Object.values(module).flatMap(Object.keys)));
    expect(sections.sort()).toEqual(Object.keys(en).sort());
  });

  it("fill in the same values in both languages", () => {
    for (const [key, text] of english) {
      expect(placeholders(turkish.get(key) ?? ""), key).toEqual(placeholders(text));
    }
  });

  it("are never empty", () => {
    for (const [key, text] of [...english, ...turkish]) expect(text.trim(), key).not.toBe("");
  });

  it("are translated, not copied", () => {
    const same = [...english].filter(([key, text]) => turkish.get(key) === text).map(([key]) => key);
    // Technical terms, and words that are the same in both languages.
    expect(same.filter((key) => !/^(trash\.nouns\.model|metrics\.(rmse|mae|mase|smape|r2|crps)|series\.part\.test|vision\.parts\.test|run\.model|newRun\.model|predictionsPage\.model|palette\.kind\.model|shell\.group\.platform|automations\.inputs\.(model|plugin)|studies\.pipeline|attempts\.number|feeds\.number)$/.test(key))).toEqual([]);
  });

  it("put a plural noun after a number only where the singular has a text of its own", () => {
    // A number that is not the text's `count` stands before no noun: "points judged: 1", not "1 points judged".
    const numbers = "count|shown|predictions|points|waiting|rows|classes|images|tried|of|trials|counted|lags|origins|repeats|rowsBack|orders|lines|limit|purge";
    const plural = new RegExp(`\\{\\{(${numbers})\\}\\} ([a-z-]+ ){0,2}(?!series|this|its|has|is|was|less)[a-z]+s\\b`);
    const found = [...english].filter(([key, text]) => !/_(one|other)$/.test(key) && plural.test(text));
    expect(found).toEqual([]);
  });

  it("come in both plural forms", () => {
    for (const key of english.keys()) {
      if (key.endsWith("_one")) expect(english.has(key.replace(/_one$/, "_other")), key).toBe(true);
    }
  });
});

describe("firstLanguage", () => {
  it("prefers the choice made here, then the browser, then English", () => {
    expect(firstLanguage("tr", ["en-GB"])).toBe("tr");
    expect(firstLanguage(null, ["de-DE", "tr-TR", "en"])).toBe("tr");
    expect(firstLanguage(null, ["fr-FR"])).toBe("en");
    expect(firstLanguage("xx", ["tr"])).toBe("tr");
  });
});

describe("inLanguage", () => {
  it("falls back to English, then to what is there", () => {
    expect(inLanguage({ en: "a", tr: "b" }, "tr")).toBe("b");
    expect(inLanguage({ en: "a" }, "tr")).toBe("a");
    expect(inLanguage({ de: "c" }, "tr")).toBe("c");
    expect(inLanguage(null, "tr")).toBe("");
  });
});
