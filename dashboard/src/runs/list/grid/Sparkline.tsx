import { useFormats } from "../../../language/useFormats";
import css from "./Cells.module.css";

const [WIDTH, HEIGHT] = [96, 22];

/** Lines of a curve in pixels; values that are missing or not finite are gaps. */
export function linesOf(steps: readonly number[], values: readonly (number | null)[]): string[] {
  const known = values.filter((value) => value !== null);
  const [low, high] = [Math.min(...known), Math.max(...known)];
  const [first, last] = [steps[0] ?? 0, steps.at(-1) ?? 0];
  const lines: string[][] = [[]];
  values.forEach((value, index) => {
    if (value === null) {
      lines.push([]);
      return;
    }
    const x = last === first ? WIDTH / 2 : (((steps[index] ?? 0) - first) / (last - first)) * (WIDTH - 4) + 2;
    const y = high === low ? HEIGHT / 2 : HEIGHT - 2 - ((value - low) / (high - low)) * (HEIGHT - 4);
    lines.at(-1)?.push(`${x.toFixed(1)},${y.toFixed(1)}`);
  });
  return lines.filter((line) => line.length > 0).map((line) => (line.length === 1 ? [line[0], line[0]] : line).join(" "));
}

/** A curve in a table cell, with its last value as text. */
export function Sparkline({ curve }: { curve: unknown }) {
  const { number } = useFormats();
  if (!isCurve(curve)) return <>–</>;
  const [steps, values] = curve;
  const last = values.findLast((value) => value !== null);
  return (
    <span className={css["spark"]}>
      <svg width={WIDTH} height={HEIGHT} aria-hidden="true">
        {linesOf(steps, values).map((points, index) => (
          <polyline key={index} points={points} />
        ))}
      </svg>
      <span className="visually-hidden">{number(last)}</span>
    </span>
  );
}

function isCurve(value: unknown): value is [number[], (number | null)[]] {
  return Array.isArray(value) && value.length === 2 && Array.isArray(value[0]) && Array.isArray(value[1]) && value[0].length > 0;
}
