// Names and hints of config fields. The built-in fields are known here in both languages; a third-party
// plugin brings its own words in its schema.
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import type { ConfigField } from "./schema";

/** "hidden_size" and pydantic's "Hidden Size" → "Hidden size". */
export function readable(title: string): string {
  const words = title.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1).toLowerCase();
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
  const range = least !== null && most !== null && !leastIsOpen && !mostIsOpen ? `${input(least)}\u00a0–\u00a0${input(most)}` : [low, high].filter((text) => text !== "").join(", ");
  const list = field.kind === "list" ? t("form.list") : "";
  const hint = [known("hints") || field.description, list, range].filter((text) => text !== "").join(" · ");
  return { label: known("names") || readable(field.title), hint };
}
