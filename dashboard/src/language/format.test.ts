import { describe, expect, it } from "vitest";

import { Formats, UNKNOWN, parseNumber } from "./format";

const en = new Formats("en-GB");
const tr = new Formats("tr-TR");

describe("Formats", () => {
  it("writes numbers in the reader's locale", () => {
    expect(en.number(1234.56)).toBe("1,234.6");
    expect(tr.number(1234.56)).toBe("1.234,6");
    expect(en.number(0.0123456)).toBe("0.01235");
    expect(en.number(-98765.4)).toBe("−98,765");
    expect(en.number(1e-7)).toBe("1E−7");
    expect(en.number(0)).toBe("0");
  });

  it("writes the minus sign of commands and reports, and none before a rounded zero", () => {
    expect(tr.percent(-0.041, 1)).toBe("−%4,1");
    expect(en.fixed(-0.0001, 3)).toBe("0.000");
    expect(en.percent(-0.0001, 1, true)).toBe("0.0%");
    expect(tr.number(-0)).toBe("0");
    expect(en.input(-2.5)).toBe("-2.5");
    expect(parseNumber("−2.5")).toBe(-2.5);
  });

  it("says that a value is unknown instead of NaN", () => {
    for (const unknown of [null, undefined, NaN, Infinity]) expect(en.number(unknown)).toBe(UNKNOWN);
    expect(en.percent(null)).toBe(UNKNOWN);
    expect(en.fixed(undefined, 2)).toBe(UNKNOWN);
    expect(en.moment(null)).toBe(UNKNOWN);
    expect(en.duration(null)).toBe(UNKNOWN);
    expect(en.bytes(null)).toBe(UNKNOWN);
  });

  it("writes percentages as each language does", () => {
    expect(en.percent(0.041, 1)).toBe("4.1%");
    expect(tr.percent(0.041, 1)).toBe("%4,1");
    expect(en.percent(0.041, 1, true)).toBe("+4.1%");
  });

  it("tells a row's time in its own zone: days as dates, hours with the zone", () => {
    const istanbul = { frequency: "1d", zone: "Europe/Istanbul" };
    // Midnight of 2 January in Istanbul is 1 January in UTC, and in zones west of it.
    expect(en.row("2026-01-01T21:00:00Z", istanbul)).toBe("2 Jan 2026");
    expect(tr.row("2026-01-01T21:00:00Z", istanbul)).toBe("2 Oca 2026");
    expect(en.row("2026-01-02T00:00:00Z", { frequency: "1d", zone: "UTC" })).toBe("2 Jan 2026");
    expect(en.row("2026-01-01T21:00:00Z", { ...istanbul, frequency: "1h" })).toMatch(/^2 Jan 2026, 00:00 (GMT\+3|TRT)$/);
    expect(en.row("2026-01-02T00:00:00Z", { frequency: null, zone: "America/New_York" })).toBe("2 Jan 2026");
    expect(en.row(null, istanbul)).toBe(UNKNOWN);
  });

  it("keeps a column's decimals", () => {
    expect(en.fixed(1.5, 3)).toBe("1.500");
    expect(tr.fixed(1.5, 3)).toBe("1,500");
  });

  // Browsers differ in "sec" and "secs".
  it("names the two largest parts of a duration", () => {
    expect(en.duration(0.04)).toMatch(/^0.04 secs?$/);
    expect(en.duration(3.26)).toMatch(/^3.3 secs?$/);
    expect(en.duration(75)).toMatch(/^1 min 15 secs?$/);
    expect(en.duration(3600)).toBe("1 hr");
    expect(en.duration(90_061)).toBe("1 day 1 hr");
  });

  it("keeps a date a date, wherever the reader is", () => {
    expect(en.day("2001-12-29T00:00:00Z")).toBe("29 Dec 2001");
    expect(tr.day("2001-12-29T00:00:00+00:00")).toBe("29 Ara 2001");
  });

  it("writes sizes", () => {
    expect(en.bytes(0)).toBe("0 bytes");
    expect(en.bytes(812_331)).toBe("812.3 kB");
  });

  it("writes inputs that can be read back", () => {
    for (const value of [0.001, 1e-5, 12345.678, 0, -3, 5e-8]) {
      expect(parseNumber(en.input(value))).toBe(value);
      expect(parseNumber(tr.input(value))).toBe(value);
    }
  });
});

describe("parseNumber", () => {
  it("takes either decimal mark and exponents", () => {
    expect(parseNumber("0,001")).toBe(0.001);
    expect(parseNumber(" 1e-3 ")).toBe(0.001);
    expect(parseNumber("-.5")).toBe(-0.5);
  });

  it("refuses what is no number", () => {
    for (const typed of ["", "abc", "1.2.3", "1,234.5", "0x10", "Infinity", "1e999", "1 000"]) expect(parseNumber(typed), typed).toBeNull();
  });
});
