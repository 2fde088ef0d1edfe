import { act, renderHook } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, describe, expect, it } from "vitest";

import { readable, useFieldText } from "./fieldText";
import { fieldsOf } from "./schema";

const SCHEMA = {
  properties: {
    epochs: { type: "integer", title: "Epochs", description: "Passes over the rows", minimum: 1, maximum: 9 },
    my_option: { type: "number", title: "My Option", description: "how much", exclusiveMinimum: 0 },
    gap: { type: "integer", title: "Gap", titles: { tr: "Aralık" }, descriptions: { tr: "Kendi sözü" } },
  },
};

const texts = (language: string) =>
  fieldsOf(SCHEMA, language).map((field) => {
    const { label, hint } = renderHook(() => useFieldText(field)).result.current;
    return [label, hint.replaceAll("\u00a0", " ")];
  });

afterEach(() => act(() => i18next.changeLanguage("en")));

describe("useFieldText", () => {
  it("takes English from the schema, and makes names readable", () => {
    expect(texts("en")).toEqual([
      ["Epochs", "Passes over the rows · 1 – 9"],
      ["My option", "How much · > 0"],
      ["Gap", "Rows left out between two sets"],
    ]);
  });

  it("knows the built-in fields in Turkish, and lets a plugin's own words win", async () => {
    await i18next.changeLanguage("tr");
    expect(texts("tr")).toEqual([
      ["Dönem sayısı (epoch)", "Eğitim kümesi üzerinden yapılacak en çok geçiş sayısı · 1 – 9"],
      ["My option", "How much · > 0"],
      ["Aralık", "Kendi sözü"],
    ]);
  });
});

describe("readable", () => {
  it("turns keys into words", () => {
    expect(readable("hidden_size")).toBe("Hidden size");
    expect(readable("Num Layers")).toBe("Num layers");
  });
});
