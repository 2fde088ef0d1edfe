// Turkish and English. The browser decides at first; a choice made here stays in this browser.
import i18next, { type i18n } from "i18next";
import { initReactI18next } from "react-i18next";

import type { Texts } from "./en";

export type Language = "en" | "tr";

const KEY = "azuraforge.language";

const texts: Record<Language, () => Promise<Texts>> = {
  en: async () => (await import("./en")).en,
  tr: async () => (await import("./tr")).tr,
};

export function firstLanguage(stored: string | null, browser: readonly string[]): Language {
  if (stored === "en" || stored === "tr") return stored;
  const wanted = browser.map((tag) => tag.slice(0, 2).toLowerCase()).find((tag) => tag === "en" || tag === "tr");
  return wanted === "tr" ? "tr" : "en";
}

async function load(language: Language): Promise<void> {
  if (!i18next.hasResourceBundle(language, "translation")) {
    i18next.addResourceBundle(language, "translation", await texts[language]());
  }
}

function mark(language: string): void {
  document.documentElement.lang = language;
}

export async function startLanguage(): Promise<i18n> {
  const language = firstLanguage(localStorage.getItem(KEY), navigator.languages);
  await i18next.use(initReactI18next).init({
    lng: language,
    resources: {},
    fallbackLng: false,
    interpolation: { escapeValue: false }, // React escapes
    returnNull: false,
  });
  await load(language);
  await i18next.changeLanguage(language);
  mark(language);
  return i18next;
}

export async function chooseLanguage(language: Language): Promise<void> {
  await load(language);
  localStorage.setItem(KEY, language);
  await i18next.changeLanguage(language);
  mark(language);
}

/** "en" read by someone whose browser says en-GB is en-GB: dates and decimals follow the reader's region. */
export function readerLocale(language: string): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

/** A text that the platform wrote in both languages, in the reader's. */
export function inLanguage(text: Record<string, string> | null | undefined, language: string): string {
  return text?.[language] ?? text?.["en"] ?? Object.values(text ?? {})[0] ?? "";
}
