// Reading a chart by keyboard: the position after a key press, and its values in words.
import type { Formats } from "../language/format";
import { momentLabel } from "./axes";
import { MOMENTS } from "./bands";
import type { PlotShape } from "./options";
import type { PlotData } from "./Plot";

/** Page Up and Page Down move by this share of the shown range. */
const PAGE = 0.1;

/** Return the first and last index between two values of x; the whole range if no index is between them. */
export function shownEnds(axis: readonly number[], from: number, to: number): [number, number] {
  const first = axis.findIndex((x) => x >= from);
  const last = axis.findLastIndex((x) => x <= to);
  return first === -1 || last < first ? [0, Math.max(0, axis.length - 1)] : [first, last];
}

/** Return the position after a key press at `at` (null: no position yet); undefined if the key has no effect. */
export function moved(key: string, at: number | null, [first, last]: readonly [number, number]): number | undefined {
  const page = Math.max(1, Math.round((last - first) * PAGE));
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -page, PageUp: page };
  if (key === "Home") return first;
  if (key === "End") return last;
  const step = steps[key];
  if (step === undefined) return undefined;
  if (at === null) return step > 0 ? first : last;
  return Math.min(last, Math.max(first, at + step));
}

/** Return one position of the axis in words: "Step 12; loss 0.31; validation loss 0.4". */
export function reading(shape: PlotShape, [axis, ...columns]: PlotData, index: number, formats: Formats): string {
  const x = axis[index];
  if (x === undefined) return "";
  const place = shape.x === "time" ? momentLabel(formats.locale, shape.rhythm ?? MOMENTS)(x) : `${shape.xLabel} ${formats.count(x)}`;
  const values = shape.lines.flatMap((line, column) => {
    const value = columns[column]?.[index];
    return value === null || value === undefined || line.label === "" ? [] : [`${line.label} ${formats.number(value)}`];
  });
  return [place, ...values].join("; ");
}
