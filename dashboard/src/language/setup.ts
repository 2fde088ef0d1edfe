// Turkish and English. The browser's language is the default; a choice is stored in this browser.
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

/** The language of this visit: the stored choice, or the browser's. */
export function visitLanguage(): Language {
  return firstLanguage(localStorage.getItem(KEY), navigator.languages);
}

export async function startLanguage(language: Language): Promise<i18n> {
  const loading = texts[language]();
  loading.catch(() => undefined); // `load` says why
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

/** Return the locale with the reader's region, so that dates and decimals follow it: "en" becomes en-GB in an en-GB browser. */
export function readerLocale(language: string): string {
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(language)) ?? language;
}

/** Return the reader's version of a text that the platform wrote in both languages. */
export function inLanguage(text: Record<string, string> | null | undefined, language: string): string {
  return text?.[language] ?? text?.["en"] ?? Object.values(text ?? {})[0] ?? "";
}
