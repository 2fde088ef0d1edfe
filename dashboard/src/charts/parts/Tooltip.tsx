import css from "./Parts.module.css";

export interface TooltipRow {
  name: string;
  value: string;
  /** CSS colour of the row's swatch. */
  color?: string;
}

/** Values at the pointer. `x` and `y` are pixels in the chart, whose box is positioned; it stays inside `width`. */
export function Tooltip({ x, y, width, title, rows }: { x: number; y: number; width: number; title?: string; rows: readonly TooltipRow[] }) {
  const right = x > width / 2;
  return (
    <div className={css["tooltip"]} style={{ top: Math.max(0, y), ...(right ? { right: Math.max(0, width - x + 12) } : { left: x + 12 }) }}>
      {title === undefined ? null : <p className={css["tooltipTitle"]}>{title}</p>}
      <dl>
        {rows.map(({ name, value, color }) => (
          <div key={name}>
            <dt>
              {color === undefined ? null : <span className={css["swatch"]} style={{ background: color }} />}
              {name}
            </dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
