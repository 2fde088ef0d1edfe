// Theme switch, copy buttons, the outline's mark, and the search dialog, which loads its index when it first opens.
const root = document.documentElement;
const body = document.body;

const theme = document.querySelector("[data-switch-theme]");
theme.hidden = false;
theme.addEventListener("click", () => {
  const next = root.dataset.theme === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  try {
    localStorage.setItem("azuraforge.theme", next);
  } catch {
    // storage is blocked; the choice holds for this page
  }
});

// Without a script the navigation is open on wide screens by style, and a menu on narrow ones.
const wide = matchMedia("(min-width: 62rem)");
const menu = document.querySelector(".pages details");
const fold = () => (menu.open = wide.matches);
fold();
wide.addEventListener("change", fold);
const here = menu.querySelector("[aria-current]");
if (here && wide.matches) {
  const pane = document.querySelector(".pages");
  pane.scrollTop = here.offsetTop - pane.clientHeight / 3;
}

for (const pre of document.querySelectorAll("div.highlight pre")) {
  pre.tabIndex = 0; // its lines scroll, so the keyboard must reach it
  if (!navigator.clipboard) continue;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.textContent = body.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(pre.textContent.replace(/\n$/, ""));
    button.textContent = body.dataset.copied;
    setTimeout(() => (button.textContent = body.dataset.copy), 1500);
  });
  pre.parentElement.append(button);
}
for (const table of document.querySelectorAll("div.table")) table.tabIndex = 0;

const links = new Map();
for (const link of document.querySelectorAll(".outline a")) {
  const target = document.getElementById(decodeURIComponent(link.hash.slice(1)));
  if (target) links.set(target, link);
}
function mark() {
  let current;
  for (const [target, link] of links) {
    link.removeAttribute("aria-current");
    if (target.getBoundingClientRect().top < 120 || !current) current = link;
  }
  current?.setAttribute("aria-current", "location");
}
let waiting = false;
addEventListener(
  "scroll",
  () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      mark();
    });
  },
  { passive: true },
);
mark();

const dialog = document.querySelector("dialog.search");
const input = dialog.querySelector("input");
const results = dialog.querySelector(".results");
let searching;

async function open() {
  if (!dialog.open) dialog.showModal();
  input.select();
  try {
    searching ??= import("./search.js").then((module) => module.load(root.dataset.root, root.lang));
    await searching;
  } catch {
    searching = undefined;
    results.textContent = dialog.dataset.failed;
    return;
  }
  await show();
}

async function show() {
  if (searching === undefined) return;
  const search = await searching;
  const text = input.value.trim();
  const found = text === "" ? [] : search(text);
  if (text !== "" && found.length === 0) results.textContent = dialog.dataset.nothing.replace("{}", text);
  else results.replaceChildren(...found);
}

for (const button of document.querySelectorAll("[data-open-search]")) {
  button.hidden = false;
  button.addEventListener("click", open);
}
input.addEventListener("input", show);
dialog.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest(".results a")) dialog.close();
});
input.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault(); // the form would close the dialog
  results.querySelector("a")?.click();
});
dialog.addEventListener("keydown", (event) => {
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  const stops = [input, ...results.querySelectorAll("a")];
  const place = stops.indexOf(document.activeElement);
  const next = stops[place + (event.key === "ArrowDown" ? 1 : -1)];
  if (next) {
    event.preventDefault();
    next.focus();
  }
});
addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  const asked = (event.key === "k" && (event.ctrlKey || event.metaKey)) || (event.key === "/" && !typing);
  if (asked && !event.altKey) {
    event.preventDefault();
    open();
  }
});
