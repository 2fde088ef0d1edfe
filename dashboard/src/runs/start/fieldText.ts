// Names and hints of config fields: the plugin's texts in the reader's language, otherwise ours for fields that
// are known here, otherwise the schema's. In English the schema is the only source, so that the texts cannot differ.
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import type { ConfigField } from "./schema";

/** "hidden_size" and pydantic's "Hidden Size" → "Hidden size". */
export function readable(title: string): string {
  const words = title.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
}

/** Begin every description with a capital letter, because plugins differ. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function useFieldText(field: ConfigField): { label: string; hint: string } {
  const { t, i18n } = useTranslation();
  const { input } = useFormats();
  const known = (kind: "names" | "hints"): string => {
    const key = `configFields.${kind}.${field.name}`;
    return i18n.t(key, { defaultValue: "" });
  };
  const { least, most, leastIsOpen, mostIsOpen } = field;
  const low = least === null ? "" : `${leastIsOpen ? "> " : "≥ "}${input(least)}`;
  const high = most === null ? "" : `${mostIsOpen ? "< " : "≤ "}${input(most)}`;
  const range = least !== null && most !== null && !leastIsOpen && !mostIsOpen ? `${input(least)}\u00a0–\u00a0${input(most)}` : [low, high].filter((one) => one !== "").join(", ");
  const list = field.kind === "list" ? t("form.list") : "";
  const isEnglish = i18n.language === "en";
  const text = field.ownWords || (isEnglish && field.description !== "") ? field.description : known("hints") || field.description;
  const hint = [sentence(text), list, range].filter((one) => one !== "").join(" · ");
  return { label: field.ownWords ? field.title : known("names") || readable(field.title), hint };
}
