import { act, renderHook } from "@testing-library/react";
import i18next from "i18next";
import { afterEach, describe, expect, it } from "vitest";

import { readable, useFieldText } from "./fieldText";
import { fieldsOf } from "./schema";

const SCHEMA = {
  properties: {
    epochs: { type: "integer", title: "Epochs", description: "Passes over the rows", minimum: 1, maximum: 9 },
    my_option: { type: "number", title: "My Option", description: "how much", exclusiveMinimum: 0 },
    gap: { type: "integer", title: "Gap (GRU)", titles: { tr: "Aralık" }, descriptions: { tr: "Kendi sözü" } },
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
      ["Gap (GRU)", ""],
    ]);
  });

  it("takes the plugin's texts in the reader's language, else the English ones", async () => {
    await i18next.changeLanguage("tr");
    expect(texts("tr")).toEqual([
      ["Epochs", "Passes over the rows · 1 – 9"],
      ["My option", "How much · > 0"],
      ["Aralık", "Kendi sözü"],
    ]);
  });
});

describe("readable", () => {
  it("turns keys into words, and leaves titles alone", () => {
    expect(readable("hidden_size", "hidden_size")).toBe("Hidden size");
    expect(readable("Num Layers", "num_layers")).toBe("Num layers");
    expect(readable("URL", "url")).toBe("URL");
    expect(readable("Rows the GRU reads", "gru_rows")).toBe("Rows the GRU reads");
  });
});
