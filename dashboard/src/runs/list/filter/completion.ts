// Completion of filters: what is expected at the cursor, and the texts that fit there. The API alone decides whether
// a filter is valid; docs/runs.md describes the language.
import type { RunFields } from "../../../api/types";

type Kind = "word" | "text" | "operator" | "(" | ")" | ",";

interface Token {
  kind: Kind;
  text: string;
  start: number;
  end: number;
}

export interface Place {
  expects: "field" | "operator" | "value" | "join";
  /** Field of the condition, as it was written. */
  field: string;
  /** What was typed of the word at the cursor, and where the word is. */
  typed: string;
  from: number;
  to: number;
}

export interface Suggestion {
  /** Replaces the word at the cursor. */
  text: string;
  shown: string;
  kind: "field" | "operator" | "value" | "join" | "name";
}

const MOST = 60;
const BREAK = /[\s(),=<>~!]/;

function tokensOf(text: string): Token[] {
  const found: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const letter = text[at] ?? "";
    const start = at;
    if (/\s/.test(letter)) {
      at++;
    } else if (letter === "(" || letter === ")" || letter === ",") {
      found.push({ kind: letter, text: letter, start, end: ++at });
    } else if (/[=<>~!]/.test(letter)) {
      at += text[at + 1] === "=" ? 2 : 1;
      found.push({ kind: "operator", text: text.slice(start, at), start, end: at });
    } else {
      const quoted = letter === '"' || letter === "'";
      while (at < text.length && !BREAK.test(text[at] ?? "")) at = text[at] === '"' || text[at] === "'" ? afterQuote(text, at) : at + 1;
      found.push({ kind: quoted ? "text" : "word", text: text.slice(start, at), start, end: at });
    }
  }
  return found;
}

/** The place after the quoted text that begins here; the end if the quote is open. */
function afterQuote(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === text[start]) return at + 1;
  }
  return text.length;
}

export function placeAt(text: string, cursor: number): Place {
  const tokens = tokensOf(text.slice(0, cursor));
  const last = tokens.at(-1);
  const typing = last !== undefined && last.end === cursor && (last.kind === "word" || last.kind === "text" || last.kind === "operator") ? last : null;
  const before = typing === null ? tokens : tokens.slice(0, -1);
  let expects: Place["expects"] | "open" | "next" = "field";
  let field = "";
  let listed = false;
  for (const token of before) {
    const word = token.kind === "word" ? token.text.toUpperCase() : "";
    if (expects === "field") {
      if (token.kind === "text") expects = "join";
      else if (token.kind === "word" && word !== "NOT") [expects, field] = ["operator", token.text];
    } else if (expects === "operator") {
      if (token.kind === "operator") expects = "value";
      else if (word === "IN") expects = "open";
    } else if (expects === "open") {
      if (token.kind === "(") [expects, listed] = ["value", true];
    } else if (expects === "value") {
      expects = listed ? "next" : "join";
    } else if (expects === "next") {
      if (token.kind === ",") expects = "value";
      else if (token.kind === ")") [expects, listed] = ["join", false];
    } else if (word === "AND" || word === "OR") expects = "field";
  }
  const from = typing?.start ?? cursor;
  let to = cursor;
  if (typing?.kind !== "operator") while (to < text.length && !BREAK.test(text[to] ?? "")) to++;
  return { expects: expects === "open" || expects === "next" ? "operator" : expects, field, typed: typing?.text ?? "", from, to };
}

const PLAIN = /^[^\s.()=!<>~,"'\\]+$/;

/** A value as a filter writes it: in quotes where necessary. */
export function writtenValue(value: string): string {
  return PLAIN.test(value) && !/^(and|or|not|in|none)$/i.test(value) ? value : JSON.stringify(value);
}

/** The part of a name that the API searches for: without the prefix and quotes. */
export function searchedFor(place: Place): string {
  if (place.expects !== "field") return "";
  const named = /^(?:config|metrics|curve)\.(.*)$/s.exec(place.typed)?.[1];
  return named === undefined ? "" : named.replace(/^"|"$/g, "").replace(/\.(last|min|max)?$/, "");
}

/** Texts that fit at the cursor; those that begin with what was typed come first. `values` are values of fields that the page knows. */
export function suggestionsAt(place: Place, fields: RunFields | undefined, values: (field: string) => readonly string[]): Suggestion[] {
  const typed = place.typed.replace(/^["']/, "").toLowerCase();
  const chosen = (texts: readonly { text: string; shown?: string }[], kind: Suggestion["kind"]) =>
    ranked(texts.map(({ text, shown }) => ({ text, shown: shown ?? text, kind })), typed);
  switch (place.expects) {
    case "field":
      return fieldsAt(place, fields, typed);
    case "operator":
      return chosen(operatorsOf(place.field, fields).map((operator) => ({ text: operator === "in" ? "in (" : `${operator} `, shown: operator === "in" ? "in (…)" : operator })), "operator");
    case "value": {
      const found = fieldOf(place.field, fields);
      const own = found?.values.length ? found.values : [...values(place.field), ...(EXAMPLES[found?.kind ?? ""] ?? []), "none"];
      return chosen([...new Set(own)].map((value) => ({ text: `${value === "none" ? value : writtenValue(value)} `, shown: value })), "value");
    }
    case "join":
      return chosen([{ text: "AND ", shown: "AND" }, { text: "OR ", shown: "OR" }], "join");
  }
}

const EXAMPLES: Record<string, readonly string[]> = { date: ["1d", "7d", "30d"], duration: ["60s", "5m", "1h"] };

function fieldsAt(place: Place, fields: RunFields | undefined, typed: string): Suggestion[] {
  if (fields === undefined) return [];
  const prefix = /^(config|metrics|curve)\./.exec(place.typed)?.[1];
  if (prefix === "config" || prefix === "metrics") {
    const names = fields[prefix].flatMap((name) => (prefix === "metrics" && typed.includes(name.toLowerCase()) ? ["", ".min", ".max"].map((end) => name + end) : [name]));
    return ranked(names.map((name) => ({ text: `${prefix}.${name} `, shown: `${prefix}.${name}`, kind: "field" as const })), typed);
  }
  const known = fields.fields.filter(({ operators }) => operators.length > 0).map(({ name }) => ({ text: name.endsWith(".") ? name : `${name} `, shown: name.endsWith(".") ? `${name}…` : name, kind: "field" as const }));
  const found = ranked(known, typed);
  // Plain words search the names of runs.
  const name: Suggestion[] = typed === "" || typed === "not" ? [] : [{ text: `name ~ ${JSON.stringify(place.typed.replace(/^["']|["']$/g, ""))} `, shown: `name ~ ${JSON.stringify(place.typed.replace(/^["']|["']$/g, ""))}`, kind: "name" }];
  return [...found, ...name];
}

function ranked(all: readonly Suggestion[], typed: string): Suggestion[] {
  const places = all.map((each) => each.shown.toLowerCase().indexOf(typed));
  const begins = all.filter((_, index) => places[index] === 0);
  return [...begins, ...all.filter((_, index) => (places[index] ?? -1) > 0)].slice(0, MOST);
}

function fieldOf(name: string, fields: RunFields | undefined) {
  const prefix = /^(config|metrics|curve)\./.exec(name)?.[0];
  return fields?.fields.find((field) => field.name === (prefix ?? name));
}

function operatorsOf(name: string, fields: RunFields | undefined): readonly string[] {
  return fieldOf(name, fields)?.operators ?? [];
}
