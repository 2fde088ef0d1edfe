// Numbers and dates in the reader's locale and zone. Unknown values are shown as "–".

export const UNKNOWN = "–";

/** The sign of negative numbers, as commands and reports write it; a rounded zero has none. */
const MINUS = "−";

type Maybe<T> = T | null | undefined;

/** How the rows of a series follow one another ("1h", "1d"; null: irregular), and the zone in which they are shown. */
export interface RowZone {
  frequency: string | null;
  zone: string;
}

/** Return the row zone of a dataset, version, evaluation or forecast; null if it has no zone. */
export function rowZoneOf(said: { frequency?: string | null; timezone?: string | null; rhythm_timezone?: string | null } | null | undefined): RowZone | null {
  const zone = said?.rhythm_timezone ?? said?.timezone;
  return zone ? { frequency: said?.frequency ?? null, zone } : null;
}

/** Format of a moment with its zone. */
export const ZONED_MOMENT = { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" } as const;

export const isDated = ({ frequency }: RowZone): boolean => frequency !== null && DATES.test(frequency);

const DATES = /^\d+(d|w|mo|q|y)$/;

/** Formats for one locale. `Intl` objects are expensive: each is created once, when it is first used. */
export class Formats {
  readonly locale: string;
  readonly #numbers = new Map<string, Intl.NumberFormat>();
  readonly #dates = new Map<string, Intl.DateTimeFormat>();

  constructor(locale: string) {
    this.locale = locale;
  }

  #format(value: number, options: Intl.NumberFormatOptions): string {
    const key = JSON.stringify(options);
    let found = this.#numbers.get(key);
    if (!found) {
      found = new Intl.NumberFormat(this.locale, options);
      this.#numbers.set(key, found);
    }
    const text = found.format(value);
    if (value >= 0 && !Object.is(value, -0)) return text.replaceAll("-", MINUS); // the exponent's sign
    return (/[1-9]/.test(text) ? text : text.replace("-", "")).replaceAll("-", MINUS);
  }

  /** A measured value: four significant digits, in scientific notation only if it would be unreadable otherwise. */
  number = (value: Maybe<number>, digits = 4): string => {
    if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-4 || size >= 1e9)) {
      return this.#format(value, { notation: "scientific", maximumSignificantDigits: digits });
    }
    // 12,345.6 keeps its whole part; 0.01234 keeps its first digits.
    if (size >= 1000) return this.#format(value, { maximumFractionDigits: size >= 10_000 ? 0 : 1 });
    return this.#format(value, { maximumSignificantDigits: digits });
  };

  /** A column of figures: always the same number of decimals, so that they line up. */
  fixed = (value: Maybe<number>, decimals: number): string =>
    value === null || value === undefined || !Number.isFinite(value)
      ? UNKNOWN
      : this.#format(value, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

  count = (value: Maybe<number>): string =>
    value === null || value === undefined ? UNKNOWN : this.#format(value, { maximumFractionDigits: 0 });

  percent = (value: Maybe<number>, decimals = 0, signed = false): string =>
    value === null || value === undefined || !Number.isFinite(value)
      ? UNKNOWN
      : this.#format(value, {
          style: "percent",
          minimumFractionDigits: decimals,
          maximumFractionDigits: decimals,
          signDisplay: signed ? "exceptZero" : "auto",
        });

  bytes = (value: Maybe<number>): string => {
    if (value === null || value === undefined) return UNKNOWN;
    const units = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte"] as const;
    const power = value <= 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
    return this.#format(value / 1000 ** power, {
      style: "unit",
      unit: units[power] ?? "byte",
      unitDisplay: power === 0 ? "long" : "short", // short English has no plural: "0 byte"
      maximumFractionDigits: power === 0 ? 0 : 1,
    });
  };

  /** 4,000 → "1 hr 7 min"; at most the two largest parts. */
  duration = (seconds: Maybe<number>): string => {
    if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return UNKNOWN;
    if (seconds < 10) return this.#unit(Math.max(0, seconds), "second", seconds < 1 ? 2 : 1);
    const whole = Math.round(seconds);
    const parts: [number, string][] = [
      [Math.floor(whole / 86_400), "day"],
      [Math.floor(whole / 3600) % 24, "hour"],
      [Math.floor(whole / 60) % 60, "minute"],
      [whole % 60, "second"],
    ];
    const first = parts.findIndex(([amount]) => amount > 0);
    const shown = parts.slice(first, first + 2).filter(([amount]) => amount > 0);
    return shown.map(([amount, unit]) => this.#unit(amount, unit)).join(" ");
  };

  #unit(value: number, unit: string, decimals = 0): string {
    return this.#format(value, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: decimals });
  }

  moment = (at: Maybe<string | Date>): string => (at ? this.#date({ dateStyle: "medium", timeStyle: "short" }).format(new Date(at)) : UNKNOWN);

  /** A moment to the second. */
  instant = (at: Maybe<string | Date>): string => (at ? this.#date({ dateStyle: "medium", timeStyle: "medium" }).format(new Date(at)) : UNKNOWN);

  /** The day of a row in its series' zone. Without one, a time at midnight UTC is a date and the same everywhere. */
  day = (at: Maybe<string>, series: RowZone | null = null): string => {
    if (!at) return UNKNOWN;
    if (series !== null && !(series.frequency === null && isUtcDate(at))) return this.#inZone(series.zone, true).format(new Date(at));
    return this.#date(isUtcDate(at) ? { dateStyle: "medium", timeZone: "UTC" } : { dateStyle: "medium" }).format(new Date(at));
  };

  /** The time of a row: a date where rows are days or longer, else a moment with its zone, both in the series' zone. */
  row = (at: Maybe<string>, series: RowZone | null): string => {
    if (!at) return UNKNOWN;
    if (series === null) return this.moment(at);
    if (series.frequency === null && isUtcDate(at)) return this.day(at);
    return this.#inZone(series.zone, isDated(series)).format(new Date(at));
  };

  #inZone(zone: string, dated: boolean): Intl.DateTimeFormat {
    return this.#date({ ...(dated ? { dateStyle: "medium" } : ZONED_MOMENT), timeZone: zone });
  }

  #date(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
    const key = JSON.stringify(options);
    let found = this.#dates.get(key);
    if (!found) {
      found = new Intl.DateTimeFormat(this.locale, options);
      this.#dates.set(key, found);
    }
    return found;
  }

  /** Format a value for an input: the locale's decimal mark, no grouping, no rounding. */
  input = (value: number): string => {
    const size = Math.abs(value);
    if (size !== 0 && size < 1e-6) return String(value);
    return this.#format(value, { useGrouping: false, maximumFractionDigits: 20 }).replace(MINUS, "-");
  };
}

const shared = new Map<string, Formats>();

/** Return the formats that all parts of the page share. */
export function formatsFor(locale: string): Formats {
  let found = shared.get(locale);
  if (!found) {
    found = new Formats(locale);
    shared.set(locale, found);
  }
  return found;
}

export function isUtcDate(at: string): boolean {
  return Date.parse(at) % 86_400_000 === 0;
}

/** Parse typed text such as "0,001", "0.001" or "1e-3"; null if it is not a number. */
export function parseNumber(typed: string): number | null {
  const plain = typed.trim().replace(",", ".").replace(MINUS, "-");
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(plain)) return null;
  const value = Number(plain);
  return Number.isFinite(value) ? value : null;
}
