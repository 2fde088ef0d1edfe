// Before every test file: English texts, and what happy-dom lacks.
import { cleanup } from "@testing-library/react";
import i18next from "i18next";
import { initReactI18next } from "react-i18next";
import { afterEach } from "vitest";

import { en } from "./language/en";
import { tr } from "./language/tr";

await i18next.use(initReactI18next).init({
  lng: "en",
  resources: { en: { translation: en }, tr: { translation: tr } },
  fallbackLng: false,
  interpolation: { escapeValue: false },
  returnNull: false,
});

afterEach(cleanup);
