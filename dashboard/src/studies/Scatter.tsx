import { useFormats } from "../language/useFormats";
import { ticks } from "./history";
import css from "./Studies.module.css";

const WIDTH = 640;
const HEIGHT = 260;
const LEFT = 64;
const BOTTOM = 40;
const TOP = 10;
const RIGHT = 12;

export interface Dot {
  x: number;
  y: number;
  kind?: "front";
  title: string;
}

interface ScatterProps {
  dots: readonly Dot[];
  /** Joined in order, as steps. */
  line?: readonly { x: number; y: number }[];
  /** A value to compare with, drawn across. */
  across?: number | null;
  x: { label: string; span: readonly [number, number] };
  y: { label: string; span: readonly [number, number] };
  /** Description of the chart in words; a table on the same page contains its numbers. */
  label: string;
  testId?: string;
}

/** Scatter plot, optionally with a stepped line through the best points. */
export function Scatter({ dots, line = [], across = null, x, y, label, testId }: ScatterProps) {
  const { number } = useFormats();
  const atX = (value: number) => LEFT + ((value - x.span[0]) / (x.span[1] - x.span[0] || 1)) * (WIDTH - LEFT - RIGHT);
  const atY = (value: number) => HEIGHT - BOTTOM - ((value - y.span[0]) / (y.span[1] - y.span[0] || 1)) * (HEIGHT - BOTTOM - TOP);
  const inside = (value: number) => value >= y.span[0] && value <= y.span[1];
  const clamp = (value: number) => Math.min(Math.max(value, y.span[0]), y.span[1]);
  const path = line.map((point, index) => (index === 0 ? `M${atX(point.x)} ${atY(clamp(point.y))}` : `H${atX(point.x)} V${atY(clamp(point.y))}`)).join(" ");
  return (
    <svg className={css["chart"]} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label} data-testid={testId}>
      {ticks(y.span[0], y.span[1]).map((value) => (
        <g key={`y${value}`}>
          <line className={css["axis"]} x1={LEFT} x2={WIDTH - RIGHT} y1={atY(value)} y2={atY(value)} />
          <text className={css["tick"]} x={LEFT - 8} y={atY(value) + 4} textAnchor="end">
            {number(value, 3)}
          </text>
        </g>
      ))}
      {ticks(x.span[0], x.span[1], 8).map((value) => (
        <text key={`x${value}`} className={css["tick"]} x={atX(value)} y={HEIGHT - BOTTOM + 16} textAnchor="middle">
          {number(value, 3)}
        </text>
      ))}
      <text className={css["tick"]} x={(LEFT + WIDTH - RIGHT) / 2} y={HEIGHT - 6} textAnchor="middle">
        {x.label}
      </text>
      <text className={css["tick"]} transform={`translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)`} textAnchor="middle">
        {y.label}
      </text>
      {across !== null && inside(across) ? <line className={css["base"]} x1={LEFT} x2={WIDTH - RIGHT} y1={atY(across)} y2={atY(across)} /> : null}
      {path === "" ? null : <path className={css["line"]} d={path} />}
      {dots
        .filter((dot) => inside(dot.y))
        .map((dot) => (
          <circle key={dot.title} className={css["dot"]} data-kind={dot.kind} cx={atX(dot.x)} cy={atY(dot.y)} r={dot.kind === "front" ? 5 : 3.5}>
            <title>{dot.title}</title>
          </circle>
        ))}
    </svg>
  );
}
