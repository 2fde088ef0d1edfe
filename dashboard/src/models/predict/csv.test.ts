import { describe, expect, it } from "vitest";

import { cellsOf, csvOf, MOST_ROWS, momentIn, rowsOf, sentHistory } from "./csv";

const schema = { time: "at", target: "load", features: ["price"], timezone: "UTC" };

describe("cellsOf", () => {
  it("reads quotes, line ends inside them, and the separators of spreadsheets", () => {
    expect(cellsOf('\uFEFFa;b\r\n"x;""y""";"1\n2"\r\n\r\n')).toEqual([{ cells: ["a", "b"], line: 1 }, { cells: ['x;"y"', "1\n2"], line: 2 }]);
    expect(cellsOf("a\tb\n1\t2")?.[1]?.cells).toEqual(["1", "2"]);
    expect(cellsOf('a,b\n"x,2')).toBeNull();
  });
});

describe("rowsOf", () => {
  it("reads numbers, gaps and decimal commas, and leaves other columns out", () => {
    expect(rowsOf("at;load;price;note\n2026-01-01;1,5;;x", schema)).toEqual({ rows: [{ at: "2026-01-01T00:00:00.000Z", load: 1.5, price: null }], unused: ["note"] });
  });

  it("names the place of a fault", () => {
    expect(rowsOf("at,load,price", schema)).toEqual({ code: "empty" });
    expect(rowsOf("at,load\n1,2", schema)).toEqual({ code: "columns", values: { missing: "price" } });
    expect(rowsOf("at,load,price\n\n2026-01-01,1,2\n2026-01-02,1", schema)).toEqual({ code: "cells", line: 4, values: { found: 2, wanted: 3 } });
    expect(rowsOf("at,load,price\n2026-01-01,1,Infinity", schema)).toEqual({ code: "number", line: 2, values: { column: "price", cell: "Infinity" } });
    expect(rowsOf('at,load,price\n"2026', schema)).toEqual({ code: "quote" });
    expect(rowsOf(`at,load,price\n${"2026-01-01,1,2\n".repeat(MOST_ROWS + 1)}`, schema)).toMatchObject({ code: "tooMany" });
  });

  it("reads again what csvOf wrote", () => {
    const written = csvOf(["at", "load", "price"], [["2026-01-01", 1, null], ['a "b", c', -2.5, 3]]);
    expect(rowsOf(written, schema)).toEqual({ rows: [{ at: "2026-01-01T00:00:00.000Z", load: 1, price: null }, { at: 'a "b", c', load: -2.5, price: 3 }], unused: [] });
  });
});

describe("momentIn", () => {
  it("reads times without a zone in the dataset's, also across its changes of the clock", () => {
    expect(momentIn("UTC", "2026-01-01 10:00")).toBe("2026-01-01T10:00:00.000Z");
    expect(momentIn("Europe/Istanbul", "2026-01-01")).toBe("2025-12-31T21:00:00.000Z");
    expect(["2026-03-29T01:30", "2026-03-29T03:30", "2026-07-01T12:00"].map((text) => momentIn("Europe/Berlin", text))).toEqual(["2026-03-29T00:30:00.000Z", "2026-03-29T01:30:00.000Z", "2026-07-01T10:00:00.000Z"]);
  });

  it("leaves moments with a zone, and what it cannot read, to the platform", () => {
    for (const text of ["2026-01-01T10:00Z", "2026-01-01T10:00:00+03:00", "yesterday", "01.02.2026"]) expect(momentIn("Europe/Berlin", text)).toBe(text);
  });
});

describe("sentHistory", () => {
  it("draws measured rows only", () => {
    expect(sentHistory([{ at: "2026-01-01T10:00Z", load: 1 }, { at: "2026-01-01T12:00Z", load: null }, { at: "yesterday", load: 3 }], schema)).toEqual([["2026-01-01T10:00Z", 1]]);
  });
});
