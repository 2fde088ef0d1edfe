import { describe, expect, it } from "vitest";

import { problemsByField, readConfig, startValues } from "./form";
import { fieldsOf, parse, type ConfigField } from "./schema";

/** As pydantic writes it: optional values are unions, enums may be references. */
const SCHEMA = {
  type: "object",
  $defs: { Loss: { enum: ["mse", "huber"], type: "string" } },
  properties: {
    horizon: { type: "integer", default: 12, minimum: 1, maximum: 1000, title: "Horizon", description: "Rows to predict" },
    season: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], default: null },
    share: { type: "number", default: 0.15, exclusiveMinimum: 0, exclusiveMaximum: 0.5 },
    loss: { $ref: "#/$defs/Loss", default: "huber" },
    transform: { anyOf: [{ enum: ["log", "difference"], type: "string" }, { type: "null" }], default: null },
    calendar: { type: "boolean", default: true },
    lags: { type: "array", items: { type: "integer" }, default: [1, 7] },
    place: { type: "string", maxLength: 5, pattern: "^[A-Z]" },
    extra: { type: "object", default: {} },
    kind: { const: "forecast", type: "string" },
  },
  required: ["place", "kind"],
};

const fields = fieldsOf(SCHEMA, "en");
const field = (name: string) => fields.find((one) => one.name === name) as ConfigField;
const write = (value: number) => String(value).replace(".", ",");

describe("fieldsOf", () => {
  it("knows what each input is", () => {
    expect(fields.map(({ name, kind, nullable }) => [name, kind, nullable])).toEqual([
      ["horizon", "integer", false],
      ["season", "integer", true],
      ["share", "number", false],
      ["loss", "choice", false],
      ["transform", "choice", true],
      ["calendar", "boolean", false],
      ["lags", "list", false],
      ["place", "text", false],
      ["extra", "json", false],
    ]);
    expect(field("loss").choices).toEqual(["mse", "huber"]);
  });

  it("takes a plugin's own words in the reader's language", () => {
    const schema = { properties: { a: { type: "integer", title: "A", titles: { tr: "Bir" }, descriptions: { tr: "Açıklama" } } } };
    expect(fieldsOf(schema, "tr")[0]).toMatchObject({ title: "Bir", description: "Açıklama" });
    expect(fieldsOf(schema, "en")[0]).toMatchObject({ title: "A" });
  });

  it("makes no form of what is no object", () => {
    expect(fieldsOf(null, "en")).toEqual([]);
    expect(fieldsOf({ type: "string" }, "en")).toEqual([]);
  });
});

describe("parse", () => {
  it.each([
    ["horizon", "24", { value: 24 }],
    ["horizon", "2.5", { fault: { code: "integer" } }],
    ["horizon", "many", { fault: { code: "number" } }],
    ["horizon", "0", { fault: { code: "least", limit: 1 } }],
    ["horizon", "1001", { fault: { code: "most", limit: 1000 } }],
    ["horizon", "", { fault: { code: "required" } }],
    ["season", "", { value: null }],
    ["share", "0,2", { value: 0.2 }],
    ["share", "0", { fault: { code: "above", limit: 0 } }],
    ["share", "0.5", { fault: { code: "below", limit: 0.5 } }],
    ["transform", "", { value: null }],
    ["transform", "log", { value: "log" }],
    ["lags", "1; 7;30", { value: [1, 7, 30] }],
    ["lags", "", { value: [] }],
    ["lags", "1; x", { fault: { code: "list" } }],
    ["place", "Ankara", { fault: { code: "longest", limit: 5 } }],
    ["place", "rome", { fault: { code: "pattern", limit: "^[A-Z]" } }],
    ["extra", '{"a": 1}', { value: { a: 1 } }],
    ["extra", "{", { fault: { code: "json" } }],
  ])("%s from %j", (name, typed, expected) => {
    expect(parse(field(name), typed)).toEqual(expected);
  });

  it("keeps a multiple", () => {
    const eighth = { ...field("horizon"), multipleOf: 8 };
    expect(parse(eighth, "12")).toEqual({ fault: { code: "multiple", limit: 8 } });
    expect(parse(eighth, "16")).toEqual({ value: 16 });
  });
});

describe("a form", () => {
  it("shows the defaults and reads them back unchanged", () => {
    const values = startValues(fields, { place: "Rome" }, write);
    expect(values).toMatchObject({ share: "0,15", calendar: true, lags: "1; 7", season: "" });
    const { config, faults } = readConfig(fields, values);
    expect(faults).toEqual({});
    expect(config).toEqual({ horizon: 12, season: null, share: 0.15, loss: "huber", transform: null, calendar: true, lags: [1, 7], place: "Rome", extra: {} });
  });

  it("says which inputs are wrong", () => {
    const { faults } = readConfig(fields, { ...startValues(fields, {}, write), horizon: "0" });
    expect(Object.keys(faults)).toEqual(["horizon", "place"]);
  });
});

describe("problemsByField", () => {
  it("finds the input that the platform means", () => {
    const known = ["epochs", "hidden_size"];
    expect(problemsByField([{ field: "config.epochs", message: "a" }, { field: "body.config.hidden_size", message: "b" }], known)).toEqual({ epochs: "a", hidden_size: "b" });
    expect(problemsByField([{ field: "config['epochs']", message: "a" }], known)).toEqual({ epochs: "a" });
    expect(problemsByField([{ field: "elsewhere", message: "a" }], known)).toEqual({});
  });
});
