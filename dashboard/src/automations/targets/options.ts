// A notifier's options, from its JSON schema, as inputs.
import { textOf } from "../../runs/start/schema";

export interface NotifierOption {
  name: string;
  label: string;
  hint: string;
  isSecret: boolean;
  isRequired: boolean;
  isNumber: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});

/** The options that can be typed: texts, secrets and numbers. */
export function optionsOf(schema: Fields | null, language: string): NotifierOption[] {
  const required: readonly unknown[] = Array.isArray(schema?.["required"]) ? schema["required"] : [];
  return Object.entries(fieldsOf(schema?.["properties"])).map(([name, property]) => {
    const field = fieldsOf(property);
    const forms: readonly unknown[] = Array.isArray(field["anyOf"]) ? field["anyOf"] : [field];
    const is = (key: string, ...values: readonly unknown[]) => forms.some((form) => values.includes(fieldsOf(form)[key]));
    return {
      name,
      label: textOf(field, "title", language) || name,
      hint: textOf(field, "description", language),
      isSecret: is("format", "password"),
      isRequired: required.includes(name),
      isNumber: is("type", "integer", "number"),
    };
  });
}

/** What was typed, as the notifier takes it; an empty input is left out. */
export function valuesOf(options: readonly NotifierOption[], typed: Readonly<Record<string, string>>): Record<string, string | number> {
  const given = options.flatMap(({ name, isNumber }): [string, string | number][] => {
    const value = typed[name]?.trim() ?? "";
    return value === "" ? [] : [[name, isNumber ? Number(value) : value]];
  });
  return Object.fromEntries(given);
}
