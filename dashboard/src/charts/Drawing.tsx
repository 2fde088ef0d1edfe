import { useFormats } from "../language/useFormats";
import css from "./Drawing.module.css";
import { scale } from "./scale";

const [WIDTH, HEIGHT] = [320, 200];

interface DotsProps {
  label: string;
  caption: string;
  x: readonly number[];
  y: readonly number[];
  /** Whether to draw the line on which x equals y. */
  diagonal?: boolean;
  tone?: "first" | "second";
  /** Texts at the ends of the horizontal axis in place of its numbers. */
  between?: readonly [string, string] | undefined;
}

/** Scatter plot that labels the ends of the horizontal axis. */
export function Dots({ label, caption, x, y, diagonal = false, tone = "first", between }: DotsProps) {
  const { number } = useFormats();
  const both = [...x, ...y];
  const [lowX, highX] = diagonal ? ends(both) : ends(x);
  const [lowY, highY] = diagonal ? ends(both) : ends(y);
  const [toX, toY] = [scale(lowX, highX, WIDTH), scale(lowY, highY, HEIGHT)];
  return (
    <figure className={css["figure"]}>
      <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 22}`} role="img" aria-label={label}>
        {diagonal ? <line className={css["axis"]} x1={0} y1={HEIGHT} x2={WIDTH} y2={0} /> : null}
        {!diagonal && lowY < 0 && highY > 0 ? <line className={css["axis"]} x1={0} x2={WIDTH} y1={HEIGHT - toY(0)} y2={HEIGHT - toY(0)} /> : null}
        {x.map((value, index) => (
          <circle key={index} className={css[tone]} cx={toX(value)} cy={HEIGHT - toY(y[index] ?? 0)} r={1.6} opacity={0.6} strokeWidth={0} />
        ))}
        <text className={css["ends"]} x={0} y={HEIGHT + 14}>{between?.[0] ?? number(lowX)}</text>
        <text className={css["ends"]} x={WIDTH} y={HEIGHT + 14} textAnchor="end">{between?.[1] ?? number(highX)}</text>
      </svg>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

interface ColumnsProps {
  label: string;
  caption: string;
  values: readonly number[];
  /** A curve over the columns. */
  curve?: readonly number[];
  /** Values within ± this bound are noise. */
  bound?: number | null;
  first: string;
  last: string;
}

/** Bar chart with bars from zero, upwards or downwards. */
export function Columns({ label, caption, values, curve = [], bound = null, first, last }: ColumnsProps) {
  const [low, high] = ends([0, ...values, ...curve, ...(bound === null ? [] : [bound, -bound])]);
  const toY = scale(low, high, HEIGHT);
  const step = WIDTH / Math.max(1, values.length);
  const points = curve.map((value, index) => `${(index + 0.5) * step},${HEIGHT - toY(value)}`).join(" ");
  return (
    <figure className={css["figure"]}>
      <svg viewBox={`0 -4 ${WIDTH} ${HEIGHT + 22}`} role="img" aria-label={label}>
        {bound === null ? null : <rect className={css["band"]} x={0} width={WIDTH} y={HEIGHT - toY(bound)} height={toY(bound) - toY(-bound)} />}
        {values.map((value, index) => (
          <rect
            key={index}
            className={css["first"]}
            strokeWidth={0}
            x={index * step + step * 0.1}
            width={step * 0.8}
            y={HEIGHT - Math.max(toY(value), toY(0))}
            height={Math.abs(toY(value) - toY(0))}
          />
        ))}
        {points === "" ? null : <polyline className={css["line"]} points={points} />}
        <line className={css["axis"]} x1={0} x2={WIDTH} y1={HEIGHT - toY(0)} y2={HEIGHT - toY(0)} />
        <text className={css["ends"]} x={0} y={HEIGHT + 14}>{first}</text>
        <text className={css["ends"]} x={WIDTH} y={HEIGHT + 14} textAnchor="end">{last}</text>
      </svg>
      <figcaption>{caption}</figcaption>
    </figure>
  );
}

function ends(values: readonly number[]): [number, number] {
  return values.length === 0 ? [0, 1] : [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
}
