// Names and hints of config fields, as the plugin states them in the reader's language, else in English.
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import type { ConfigField } from "./schema";

/** A field without a title has its name, or pydantic's form of it: "hidden_size", "Hidden Size" → "Hidden size". */
export function readable(title: string, name: string): string {
  const words = name.split("_");
  const generated = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join(" ");
  return title === name || title === generated ? sentence(words.join(" ")) : title;
}

/** Descriptions begin small here and large there; a form shows them alike. One that begins with a value keeps it. */
function sentence(text: string): string {
  return /^\w+:/.test(text) ? text : text.charAt(0).toUpperCase() + text.slice(1);
}

export function useFieldText(field: ConfigField): { label: string; hint: string } {
  const { t } = useTranslation();
  const { input } = useFormats();
  const { least, most, leastIsOpen, mostIsOpen } = field;
  const low = least === null ? "" : `${leastIsOpen ? "> " : "≥ "}${input(least)}`;
  const high = most === null ? "" : `${mostIsOpen ? "< " : "≤ "}${input(most)}`;
  const range = least !== null && most !== null && !leastIsOpen && !mostIsOpen ? `${input(least)}\u00a0–\u00a0${input(most)}` : [low, high].filter((one) => one !== "").join(", ");
  const list = field.kind === "list" ? t("form.list") : "";
  const hint = [sentence(field.description), list, range].filter((one) => one !== "").join(" · ");
  return { label: readable(field.title, field.name), hint };
}
