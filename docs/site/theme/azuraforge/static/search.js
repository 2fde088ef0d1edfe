// Search over the sections of one language's pages. Nothing leaves this machine.
import MiniSearch from "./minisearch.js";

const SHOWN = 20;
/** Letters that a shortened word keeps. */
const STEM = 5;

/**
 * A word in the form that is compared: lower case without marks, and ı as i, so that "Isı", "ISI", "ısı" and "isi" are
 * one word. JavaScript's toLowerCase makes two characters of İ, and its I is not Turkish.
 */
export function fold(word) {
  return word.normalize("NFD").replace(/\p{M}/gu, "").replaceAll("ı", "i").toLowerCase();
}

/** Return a function that takes what was typed and returns the results as elements. */
export async function load(base, language) {
  const answer = await fetch(`${base}search.${language}.json`);
  if (!answer.ok) throw new Error(`the index answered ${answer.status}`);
  const { pages, sections } = await answer.json();
  const index = new MiniSearch({
    fields: ["heading", "page", "text"],
    processTerm: fold,
    searchOptions: {
      boost: { heading: 4, page: 2 },
      prefix: true,
      fuzzy: (word) => (word.length > 5 ? 0.15 : false),
      combineWith: "AND",
      boostDocument: (id) => pages[sections[id][0]][2],
    },
  });
  index.addAll(
    sections.map(([page, , heading, text], id) => ({ id, page: pages[page][0], heading: heading.replaceAll(".", " "), text })),
  );
  return (typed) => {
    let found = index.search(typed);
    let words = typed.split(/\s+/);
    // A word with another ending: "seasonality" finds "seasonal", as its first letters are a prefix of that.
    while (found.length === 0 && words.some((word) => word.length > STEM)) {
      words = words.map((word) => (word.length > STEM ? word.slice(0, -1) : word));
      found = index.search(words.join(" "));
    }
    if (found.length === 0) found = index.search(typed, { combineWith: "OR" });
    return found.slice(0, SHOWN).map(({ id, terms }) => {
      const [page, anchor, heading, text] = sections[id];
      const [title, path] = pages[page];
      return result(`${base}${path}#${anchor}`, title, heading, snippet(text, terms), terms);
    });
  };
}

function result(address, title, heading, text, terms) {
  const link = document.createElement("a");
  link.href = address;
  const place = document.createElement("small");
  place.textContent = title;
  const name = document.createElement("strong");
  name.append(...marked(heading, terms));
  const excerpt = document.createElement("span");
  excerpt.append(...marked(text, terms));
  link.append(...(title === heading ? [] : [place]), name, excerpt);
  return link;
}

const holds = (word, terms) => {
  const folded = fold(word);
  return terms.some((term) => folded.includes(term));
};

/** The words around the first match. */
function snippet(text, terms) {
  const words = text.split(" ");
  const first = words.findIndex((word) => holds(word, terms));
  const start = Math.max(0, first - 8);
  return (start > 0 ? "… " : "") + words.slice(start, start + 32).join(" ") + (words.length > start + 32 ? " …" : "");
}

function marked(text, terms) {
  return text.split(/( )/).map((word) => {
    if (word === " " || !holds(word, terms)) return word;
    const mark = document.createElement("mark");
    mark.textContent = word;
    return mark;
  });
}
