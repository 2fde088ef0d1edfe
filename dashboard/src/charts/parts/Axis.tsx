import type { ScaleContinuousNumeric, ScaleLogarithmic, ScalePoint, ScaleTime } from "d3-scale";

import { useFormats } from "../../language/useFormats";
import css from "./Parts.module.css";

export type AxisScale = ScaleContinuousNumeric<number, number, number | undefined> | ScaleLogarithmic<number, number, number | undefined> | ScaleTime<number, number, number | undefined> | ScalePoint<string>;

/** Width of a character of a label in pixels. */
const CHARACTER = 7;

interface AxisProps {
  scale: AxisScale;
  side: "bottom" | "left";
  /** Name of the quantity; its unit stands in parentheses after it. */
  label?: string;
  unit?: string | null;
  /** Pixels at which a grid line ends; without it there is none. */
  grid?: number;
  ticks?: number;
  format?: (value: never) => string;
}

/** An axis of an SVG chart with its ticks in the reader's locale, its name and its unit. */
export function Axis({ scale, side, label, unit, grid, ticks = 6, format }: AxisProps) {
  const formats = useFormats();
  const range = scale.range();
  const [start, end] = [Number(range[0]), Number(range.at(-1))];
  const say = (value: unknown): string => (format ? format(value as never) : value instanceof Date ? formats.moment(value.toISOString()) : typeof value === "number" ? formats.number(value) : String(value));
  const values: readonly unknown[] = ticksOf(scale, ticks);
  // As many characters of a category as fit between two labels, or left of the axis.
  const most = side === "bottom" ? Math.max(6, Math.floor(Math.abs(end - start) / Math.max(1, values.length) / CHARACTER)) : 9;
  const at = scale as (value: unknown) => number | undefined;
  const named = label === undefined ? null : unit ? `${label} (${unit})` : label;
  const below = side === "bottom";
  return (
    <g className={css["axis"]} aria-hidden="true">
      <line className={css["rule"]} {...(below ? { x1: start, x2: end } : { y1: start, y2: end })} />
      {values.map((value, index) => {
        const place = at(value) ?? 0;
        return (
          <g key={index} transform={below ? `translate(${place},0)` : `translate(0,${place})`}>
            {grid === undefined ? null : <line className={css["grid"]} {...(below ? { y2: -grid } : { x2: grid })} />}
            <line className={css["rule"]} {...(below ? { y2: 4 } : { x2: -4 })} />
            <text className={css["tick"]} {...(below ? { y: 18, textAnchor: "middle" } : { x: -8, dy: "0.32em", textAnchor: "end" })}>
              {typeof value === "string" ? shortened(say(value), most) : say(value)}
              {typeof value === "string" && Array.from(say(value)).length > most ? <title>{say(value)}</title> : null}
            </text>
          </g>
        );
      })}
      {named === null ? null : (
        <text className={css["label"]} {...(below ? { x: (start + end) / 2, y: 36, textAnchor: "middle" } : { x: 0, y: Math.min(start, end) - 10, textAnchor: "middle" })}>
          {named}
        </text>
      )}
    </g>
  );
}

/** The beginning of a name that is too long for its place; whole characters, so that no emoji is cut. */
export function shortened(text: string, most: number): string {
  const letters = Array.from(text);
  return letters.length > most ? `${letters.slice(0, most - 1).join("")}…` : text;
}

/** Ticks of any scale; a logarithmic one shows powers only where all its ticks would be crowded. */
export function ticksOf(scale: AxisScale, count: number): readonly unknown[] {
  if (!("ticks" in scale)) {
    const names = scale.domain();
    return names.filter((_, index) => index % Math.ceil(names.length / Math.max(count, 2)) === 0);
  }
  const all: readonly unknown[] = scale.ticks(count);
  if (!("base" in scale) || all.length <= count * 1.5) return all;
  const powers = all.filter((value) => typeof value === "number" && Math.abs(Math.log10(Math.abs(value)) % 1) < 1e-9);
  return powers.length > 1 ? powers : all.filter((_, index) => index % Math.ceil(all.length / count) === 0);
}
