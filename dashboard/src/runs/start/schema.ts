// From the JSON schema of a config to inputs, and from what was typed back to a config.
import { isRecord } from "../../api/problem";
import { parseNumber } from "../../language/format";

export type FieldKind = "number" | "integer" | "boolean" | "choice" | "text" | "list" | "json";
export type Typed = string | boolean;

export interface ConfigField {
  name: string;
  kind: FieldKind;
  title: string;
  description: string;
  nullable: boolean;
  required: boolean;
  default: unknown;
  choices: readonly (string | number)[];
  least: number | null;
  most: number | null;
  /** Whether the bound itself is allowed. */
  leastIsOpen: boolean;
  mostIsOpen: boolean;
  multipleOf: number | null;
  longest: number | null;
  pattern: string | null;
  items: "number" | "text";
  /** A calendar date; browsers have an input for it. */
  isDate: boolean;
  /** A field that most people set; forms show it first. */
  isEssential: boolean;
  /** Title of the group under which forms fold the field; empty for none. */
  group: string;
}

export interface Fault {
  code: "required" | "number" | "integer" | "least" | "above" | "most" | "below" | "multiple" | "longest" | "pattern" | "json" | "list";
  limit?: number | string;
}

type Schema = Record<string, unknown>;

export function fieldsOf(schema: Schema | null | undefined, language: string): ConfigField[] {
  const properties = schema?.["properties"];
  if (!schema || !isRecord(properties)) return [];
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const fields = Object.entries(properties).flatMap(([name, found]) =>
    isRecord(found) ? [fieldOf(name, found, schema, required.includes(name), language)] : [],
  );
  return fields.filter((field) => !(field.kind === "choice" && field.choices.length === 1 && field.required));
}

function fieldOf(name: string, found: Schema, root: Schema, required: boolean, language: string): ConfigField {
  const { schema, nullable } = resolve(found, root);
  const choices = choicesOf(schema);
  const openLeast = numberOf(schema["exclusiveMinimum"]);
  const openMost = numberOf(schema["exclusiveMaximum"]);
  return {
    name,
    kind: kindOf(schema, choices),
    title: textOf(found, "title", language) || name,
    description: textOf(found, "description", language) || textOf(schema, "description", language),
    nullable,
    required,
    default: found["default"],
    choices,
    least: openLeast ?? numberOf(schema["minimum"]),
    most: openMost ?? numberOf(schema["maximum"]),
    leastIsOpen: openLeast !== null,
    mostIsOpen: openMost !== null,
    multipleOf: numberOf(schema["multipleOf"]),
    longest: numberOf(schema["maxLength"]),
    pattern: typeof schema["pattern"] === "string" ? schema["pattern"] : null,
    items: isRecord(schema["items"]) && ["number", "integer"].includes(String(schema["items"]["type"])) ? "number" : "text",
    isDate: schema["format"] === "date",
    isEssential: found["essential"] === true,
    group: groupOf(found["group"], language),
  };
}

/** A plugin declares a group by a title in each language. */
function groupOf(declared: unknown, language: string): string {
  if (!isRecord(declared)) return "";
  const title = declared[language] ?? declared["en"];
  return typeof title === "string" ? title : "";
}

/** Follows references and takes `null` out of a union; what is left of a union must be one type. */
function resolve(found: Schema, root: Schema): { schema: Schema; nullable: boolean } {
  const reference = found["$ref"];
  if (typeof reference === "string") {
    const definitions = root["$defs"];
    const target = isRecord(definitions) ? definitions[reference.replace("#/$defs/", "")] : undefined;
    return isRecord(target) ? resolve(target, root) : { schema: {}, nullable: false };
  }
  const union = found["anyOf"] ?? found["oneOf"] ?? found["allOf"];
  if (!Array.isArray(union)) return { schema: found, nullable: found["type"] === "null" };
  const members = union.filter(isRecord);
  const known = members.filter((member) => member["type"] !== "null");
  const nullable = known.length < members.length;
  const [only] = known;
  if (only === undefined || known.length > 1) return { schema: {}, nullable };
  const inner = resolve(only, root);
  return { schema: inner.schema, nullable: nullable || inner.nullable };
}

function kindOf(schema: Schema, choices: readonly unknown[]): FieldKind {
  if (choices.length > 0) return "choice";
  switch (schema["type"]) {
    case "number":
    case "integer":
    case "boolean":
      return schema["type"];
    case "string":
      return "text";
    case "array":
      return isRecord(schema["items"]) && ["number", "integer", "string"].includes(String(schema["items"]["type"])) ? "list" : "json";
    default:
      return "json";
  }
}

function choicesOf(schema: Schema): (string | number)[] {
  const listed = Array.isArray(schema["enum"]) ? schema["enum"] : "const" in schema ? [schema["const"]] : [];
  return listed.filter((value): value is string | number => typeof value === "string" || typeof value === "number");
}

/** A plugin may bring `titles` and `descriptions` by language alongside JSON schema's own words. */
export function textOf(schema: Schema, key: "title" | "description", language: string): string {
  const byLanguage = schema[`${key}s`];
  if (isRecord(byLanguage) && typeof byLanguage[language] === "string") return byLanguage[language];
  return typeof schema[key] === "string" ? schema[key] : "";
}

/** What an input shows for a value. */
export function typedOf(field: ConfigField, value: unknown, write: (value: number) => string): Typed {
  if (field.kind === "boolean" && !field.nullable) return value === true;
  if (value === null || value === undefined) return "";
  if (field.kind === "list" && Array.isArray(value)) {
    return value.map((item) => (typeof item === "number" ? write(item) : String(item))).join("; ");
  }
  if (typeof value === "number" && field.kind !== "choice") return write(value);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : JSON.stringify(value);
}

export type Parsed = { value: unknown } | { fault: Fault };

/** What was typed as the value that the config gets. */
export function parse(field: ConfigField, typed: Typed): Parsed {
  if (typeof typed === "boolean") return { value: typed };
  const text = typed.trim();
  if (text === "") {
    if (field.nullable) return { value: null };
    if (!field.required && field.kind === "text") return { value: "" };
    if (!field.required && field.kind === "list") return { value: [] };
    return { fault: { code: "required" } };
  }
  switch (field.kind) {
    case "boolean":
      return { value: text === "true" };
    case "choice":
      return { value: field.choices.find((choice) => String(choice) === text) ?? text };
    case "number":
    case "integer":
      return parseBounded(field, text);
    case "list":
      return parseList(field, text);
    case "json":
      return parseJson(text);
    case "text":
      return parseText(field, text);
  }
}

function parseBounded(field: ConfigField, text: string): Parsed {
  const value = parseNumber(text);
  if (value === null) return { fault: { code: "number" } };
  if (field.kind === "integer" && !Number.isInteger(value)) return { fault: { code: "integer" } };
  const { least, most, multipleOf } = field;
  if (least !== null && (value < least || (field.leastIsOpen && value === least))) return { fault: { code: field.leastIsOpen ? "above" : "least", limit: least } };
  if (most !== null && (value > most || (field.mostIsOpen && value === most))) return { fault: { code: field.mostIsOpen ? "below" : "most", limit: most } };
  if (multipleOf !== null && !Number.isInteger(value / multipleOf)) return { fault: { code: "multiple", limit: multipleOf } };
  return { value };
}

function parseList(field: ConfigField, text: string): Parsed {
  const items = text.split(/[;\n]/).map((item) => item.trim()).filter((item) => item !== "");
  if (field.items === "text") return { value: items };
  const numbers = items.map(parseNumber);
  return numbers.includes(null) ? { fault: { code: "list" } } : { value: numbers };
}

function parseText(field: ConfigField, text: string): Parsed {
  if (field.longest !== null && text.length > field.longest) return { fault: { code: "longest", limit: field.longest } };
  if (field.pattern !== null && !new RegExp(field.pattern, "u").test(text)) return { fault: { code: "pattern", limit: field.pattern } };
  return { value: text };
}

function parseJson(text: string): Parsed {
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { fault: { code: "json" } };
  }
}

function numberOf(value: unknown): number | null {
  return typeof value === "number" ? value : null;
}
