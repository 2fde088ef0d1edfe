import { scaleLinear, scaleLog, scalePoint } from "d3-scale";
import { useMemo, useState, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { axisOf, type Axis as Positions, type Column } from "./parallel/columns";
import { binsOf, RAMP } from "./parallel/ramp";
import { Axis } from "./parts/Axis";
import { ChartFrame, useWidth } from "./parts/ChartFrame";
import { Tooltip } from "./parts/Tooltip";
import css from "./ScatterPlot.module.css";

const [LEFT, RIGHT, TOP, BOTTOM] = [64, 16, 24, 44];

interface ScatterPlotProps {
  x: Column;
  y: Column;
  names: readonly string[];
  /** Rows that are drawn in full; the others are faint. */
  inside?: readonly boolean[];
  /** Column that colours the points from low to high. */
  color?: Column | undefined;
  height?: number;
  testId?: string;
}

const scaleOf = (axis: Positions, range: [number, number]) =>
  axis.ends === null ? scalePoint([...axis.categories], range).padding(0.5) : axis.kind === "log" ? scaleLog(axis.ends, range) : scaleLinear(axis.ends, range);

/** Points of two columns. With the keyboard the points are read from left to right. */
export function ScatterPlot({ x, y, names, inside, color, height = 280, testId }: ScatterPlotProps) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const [at, setAt] = useState<number | null>(null);
  const { ref, width: room } = useWidth();
  const [across, up] = useMemo(() => [axisOf(x), axisOf(y)], [x, y]);
  const bins = useMemo(() => (color ? binsOf(axisOf(color), names.length) : null), [color, names.length]);
  const rows = useMemo(() => names.map((_, row) => row).filter((row) => !Number.isNaN(across.at[row] ?? NaN) && !Number.isNaN(up.at[row] ?? NaN)).sort((a, b) => (across.at[a] ?? 0) - (across.at[b] ?? 0)), [across, up, names]);
  const label = t("scatter.label", { x: x.name, y: y.name, count: rows.length });
  const place = (row: number, width: number) => ({
    cx: LEFT + 8 + (across.at[row] ?? 0) * (width - LEFT - RIGHT - 16),
    cy: height - BOTTOM - 8 - (up.at[row] ?? 0) * (height - TOP - BOTTOM - 16),
  });
  const show = (column: Column, row: number) => {
    const value = column.values[row] ?? null;
    return (typeof value === "number" ? number(value) : (value ?? "–")) + (column.unit ? ` ${column.unit}` : "");
  };
  const key = (event: KeyboardEvent) => {
    const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (by === 0 || rows.length === 0) return;
    event.preventDefault();
    const now = at === null ? -1 : rows.indexOf(at);
    setAt(rows[Math.min(rows.length - 1, Math.max(0, now + by))] ?? null);
  };
  const point = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    let [best, distance]: [number | null, number] = [null, 14];
    for (const row of rows) {
      const { cx, cy } = place(row, room);
      const off = Math.hypot(event.clientX - box.left - cx, event.clientY - box.top - cy);
      if (off < distance) [best, distance] = [row, off];
    }
    setAt(best);
  };
  const read = (row: number) => `${names[row] ?? ""}: ${x.name} ${show(x, row)}, ${y.name} ${show(y, row)}`;
  const shown = at === null ? null : place(at, room);
  return (
    <div ref={ref} className={css["points"]} role="slider" tabIndex={0} aria-label={label} aria-valuemin={0} aria-valuemax={Math.max(0, rows.length - 1)} aria-valuenow={at === null ? 0 : rows.indexOf(at)}
      aria-valuetext={at === null ? t("scatter.keys") : read(at)} onKeyDown={key} onBlur={() => setAt(null)} onPointerMove={point} onPointerLeave={() => setAt(null)}>
      <ChartFrame label={label} height={height} empty={rows.length === 0 ? t("scatter.none") : null} {...(testId ? { testId } : {})}
        tooltip={at !== null && shown ? <Tooltip x={shown.cx} y={shown.cy} width={room} title={names[at] ?? ""} rows={[x, y, ...(color && color !== x && color !== y ? [color] : [])].map((column) => ({ name: column.name, value: show(column, at) }))} /> : null}>
        {(width) => (
          <>
            <g transform={`translate(0,${height - BOTTOM})`}>
              <Axis scale={scaleOf(across, [LEFT + 8, width - RIGHT - 8])} side="bottom" label={x.name} unit={x.unit ?? null} ticks={Math.max(2, Math.floor(width / 110))} />
            </g>
            <g transform={`translate(${LEFT},0)`}>
              <Axis scale={scaleOf(up, [height - BOTTOM - 8, TOP + 8])} side="left" grid={width - LEFT - RIGHT} ticks={5} />
              <text className={css["name"]} x={8 - LEFT} y={12}>{y.unit ? `${y.name} (${y.unit})` : y.name}</text>
            </g>
            {rows.map((row) => (
              <circle key={row} {...place(row, width)} r={at === row ? 7 : 4.5} className={css["dot"]} data-inside={inside?.[row] ?? true} style={{ fill: bins ? `var(${RAMP[bins[row] ?? 2] ?? "--azure"})` : "var(--azure)" }} />
            ))}
          </>
        )}
      </ChartFrame>
    </div>
  );
}
