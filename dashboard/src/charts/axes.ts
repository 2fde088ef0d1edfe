// Axis labels in the reader's locale. uPlot alone supports only English.
import type uPlot from "uplot";

import { ZONED_MOMENT, type Formats } from "../language/format";
import type { Rhythm } from "./bands";

const DAY = 86_400;

/** Return the parts of a date that a label needs, by the distance between two labels in seconds. */
export function dateParts(secondsApart: number): Intl.DateTimeFormatOptions {
  if (secondsApart < 60) return { hour: "2-digit", minute: "2-digit", second: "2-digit" };
  if (secondsApart < DAY) return { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  if (secondsApart < 28 * DAY) return { day: "numeric", month: "short" };
  if (secondsApart < 360 * DAY) return { month: "short", year: "numeric" };
  return { year: "numeric" };
}

export function timeLabels(locale: string, rhythm: Rhythm): uPlot.Axis.DynamicValues {
  return (_plot, splits, _axis, _space, secondsApart) => {
    const format = new Intl.DateTimeFormat(locale, { ...dateParts(secondsApart), timeZone: rhythm.zone });
    return splits.map((seconds) => format.format(new Date(seconds * 1000)));
  };
}

/** Pixels between two labels of a time axis: those that name the hour are longer. */
export const labelSpace = (_plot: uPlot, _axis: number, from: number, to: number, width: number): number =>
  ((to - from) / Math.max(1, width)) * 150 < DAY ? 150 : 90;

export function numberLabels(formats: Formats): uPlot.Axis.DynamicValues {
  return (_plot, splits) => splits.map((value) => (typeof value === "number" ? formats.number(value) : ""));
}

/** Wide enough for its longest label: 7 px a character at 12 px, and the tick. */
export const fitLabels = (_plot: uPlot, labels: string[] | null): number =>
  labels ? Math.max(36, ...labels.map((label) => label.length * 7 + 18)) : 36;

/** The hover line above a time chart. */
export function momentLabel(locale: string, rhythm: Rhythm): (seconds: number) => string {
  const moment: Intl.DateTimeFormatOptions = rhythm.zone === undefined ? { dateStyle: "medium", timeStyle: "short" } : ZONED_MOMENT;
  const style: Intl.DateTimeFormatOptions = rhythm.dated ? { dateStyle: "medium" } : moment;
  const format = new Intl.DateTimeFormat(locale, { ...style, timeZone: rhythm.zone });
  return (seconds) => format.format(new Date(seconds * 1000));
}
