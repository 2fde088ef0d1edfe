import { describe, expect, it } from "vitest";

import { en } from "./en";
import { tr } from "./tr";

function flat(texts: object, path = ""): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]: [string, unknown]) => {
      const name = path === "" ? key : `${path}.${key}`;
      return typeof value === "string" ? [[name, value] as const] : [...flat(value as object, name)];
    }),
  );
}

const files = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.*", "!./en/**", "!./tr/**", "!../api/schema.ts"], { query: "?raw", import: "default", eager: true });
const code = Object.values(files).join("\n");

/** Words that are not the glossary's (docs/glossary.tr.md), with the term to use. */
const OFF_GLOSSARY: Record<string, RegExp> = {
  "veri kümesi": /veri set/i,
  "test kümesi": /(test|sınama) set|sınama kümesi/i,
  "eğitim kümesi": /eğitim set/i,
  "doğrulama kümesi": /doğrulama set|validasyon/i,
  çalıştırma: /\bkoşu(lar|nun|yu|m|mu)?\b|\brun\b/i,
  deneme: /\btrial\b/i,
  "temel yöntem": /(?<!\{)\bbaseline\b/i,
  "denetim noktası": /kontrol noktası|(?<!\{)\bcheckpoint\b/i,
  "çöp kutusu": /çöp sepeti|geri dönüşüm kutusu/i,
  "geri getirmek": /geri yükle/i,
  şampiyon: /(?<!\{)\bchampion\b/i,
  "terfi ettirmek": /yükselt(ilen|ildi|ti) sürüm|\bpromote\b/i,
  jeton: /\btoken\b|belirteç/i,
  "güven aralığı": /tahmin aralığı/i,
  ufuk: /\bhorizon\b/i,
  kayma: /\bdrift\b|sürüklenme/i,
  "veri akışı": /\bfeed\b/i,
};

describe("texts of the dashboard", () => {
  it("are all used", () => {
    // Keys in strings, and the patterns of keys that are put together: `states.${state}` uses every text of states.
    const literals = new Set([...code.matchAll(/["'`]([\w-]+(?:\.[\w-]+)+)["'`]/g)].map(([, key]) => key));
    const patterns = [...code.matchAll(/`([\w-]+(?:\.[\w-]+)*\.?(?:\$\{[^`]*?\}[\w.-]*)+)`/g)].map(([, text]) => new RegExp(`^${(text ?? "").replace(/\$\{[^}]*\}/g, "\u0000").replace(/[.]/g, "\\.").replaceAll("\u0000", "[\\w.*-]+")}$`));
    const used = (key: string) => [key, key.replace(/_(one|other)$/, "")].some((name) => literals.has(name) || patterns.some((pattern) => pattern.test(name)));
    expect([...flat(en).keys()].filter((key) => !used(key))).toEqual([]);
  });

  it("use the glossary's terms", () => {
    const found = [...flat(tr)].flatMap(([key, text]) => Object.entries(OFF_GLOSSARY).flatMap(([term, off]) => (off.test(text.replace(/`[^`]*`|“[^”]*”|\{"[^}]*\}|\{\{\w+\}\}/g, " ")) ? [`${key}: “${text}”, use “${term}”`] : [])));
    expect(found).toEqual([]);
  });
});
