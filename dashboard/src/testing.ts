// Before every test file: English texts, and what happy-dom lacks.
import { cleanup, configure } from "@testing-library/react";
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

// Far above what any wait takes: it ends tests that hang, on a busy machine too.
configure({ asyncUtilTimeout: 60_000 });
afterEach(cleanup);
afterEach(() => sessionStorage.clear()); // drafts and cursors of the test before
