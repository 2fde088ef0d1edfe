import { describe, expect, it } from "vitest";

import { cellsOf, csvOf, MOST_ROWS, rowsOf, sentHistory } from "./csv";

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
    expect(rowsOf("at;load;price;note\n2026-01-01;1,5;;x", schema)).toEqual({ rows: [{ at: "2026-01-01", load: 1.5, price: null }], unused: ["note"] });
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
    expect(rowsOf(written, schema)).toEqual({ rows: [{ at: "2026-01-01", load: 1, price: null }, { at: 'a "b", c', load: -2.5, price: 3 }], unused: [] });
  });
});

describe("sentHistory", () => {
  it("draws rows whose moment is known, and none by guess", () => {
    const rows = [{ at: "2026-01-01 10:00", load: 1 }, { at: "2026-01-01T11:00+02:00", load: 2 }, { at: "2026-01-01T12:00Z", load: null }];
    expect(sentHistory(rows, schema).map(([at, value]) => [Date.parse(at), value])).toEqual([[Date.UTC(2026, 0, 1, 10), 1], [Date.UTC(2026, 0, 1, 9), 2]]);
    expect(sentHistory(rows.slice(0, 1), { ...schema, timezone: "Europe/Istanbul" })).toEqual([]);
  });
});
