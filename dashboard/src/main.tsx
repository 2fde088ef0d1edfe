import "./theme/tokens.css";
import "./theme/page.css";

import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./App";
import { startLanguage, visitLanguage } from "./language/setup";
import { preload } from "./routing/pages";
import { startDensity } from "./theme/density";
import { startTheme } from "./theme/theme";

const language = visitLanguage();
const page = preload(window.location, language);
startTheme();
startDensity();
await Promise.all([startLanguage(language), page]);

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
