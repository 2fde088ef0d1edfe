import { describe, expect, it } from "vitest";

import { headerOf, likelyTime, readHeader } from "./header";

describe("headerOf", () => {
  it("finds the separator and the columns", () => {
    expect(headerOf("date;temp,c\n2020-01-01;1")).toEqual({ columns: ["date", "temp,c"], separator: ";" });
    expect(headerOf('\uFEFF"Formatted Date","Wind, km/h"\r\n')).toEqual({ columns: ["Formatted Date", "Wind, km/h"], separator: "," });
    expect(headerOf("a\tb\tc")).toEqual({ columns: ["a", "b", "c"], separator: "\t" });
  });

  it("admits that it sees no table", () => {
    for (const text of ["", "\n\n", "one column", "a,a\n1,2"]) expect(headerOf(text), text).toBeNull();
  });
});

describe("readHeader", () => {
  it("leaves binary files to the platform", async () => {
    expect(await readHeader(new Blob(["PAR1,a,b"]))).toBeNull();
    expect(await readHeader(new Blob(["a,b\0c"]))).toBeNull();
    expect((await readHeader(new Blob(["time,value\n1,2"])))?.columns).toEqual(["time", "value"]);
  });
});

describe("likelyTime", () => {
  it("knows usual names of the time", () => {
    expect(likelyTime(["id", "Tarih", "x"])).toBe("Tarih");
    expect(likelyTime(["x", "open_time"])).toBe("open_time");
    expect(likelyTime(["x", "measurement date"])).toBe("measurement date");
    expect(likelyTime(["x", "y"])).toBe("x");
  });
});
