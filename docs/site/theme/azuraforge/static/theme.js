// Sets the theme before the first paint: the dashboard's choice, which is kept in this browser, else the system's.
"use strict";
(() => {
  const system = window.matchMedia("(prefers-color-scheme: dark)");
  const apply = () => {
    let choice = null;
    try {
      choice = localStorage.getItem("azuraforge.theme");
    } catch {
      // storage is blocked; the system decides
    }
    if (choice !== "light" && choice !== "dark") choice = system.matches ? "dark" : "light";
    document.documentElement.dataset.theme = choice;
  };
  apply();
  system.addEventListener("change", apply);
  addEventListener("storage", apply);
})();
