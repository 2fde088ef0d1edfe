import { scaleLinear, scaleLog, scalePoint } from "d3-scale";
import { useMemo, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { cssColorOf, markOf, markPath } from "./colors";
import { axisOf, type Axis as Positions, type Column } from "./parallel/columns";
import { binsOf, RAMP } from "./parallel/ramp";
import { Axis, shortened } from "./parts/Axis";
import { ReadableChart } from "./parts/ReadableChart";
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
  /** Series of each row, which has a colour and a mark of its own; the first one is 0. */
  series?: readonly number[];
  legend?: ReactNode;
  height?: number;
  testId?: string;
}

/** The d3 scale of an axis over a range of pixels. */
export const scaleOf = (axis: Positions, range: [number, number]) =>
  axis.ends === null ? scalePoint([...axis.categories], range).padding(0.5) : axis.kind === "log" ? scaleLog(axis.ends, range) : scaleLinear(axis.ends, range);

/** Points of two columns. With the keyboard the points are read from left to right. */
export function ScatterPlot({ x, y, names, inside, color, series, height = 280, ...frame }: ScatterPlotProps) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const [across, up] = useMemo(() => [axisOf(x), axisOf(y)], [x, y]);
  const bins = useMemo(() => (color ? binsOf(axisOf(color), names.length) : null), [color, names.length]);
  const rows = useMemo(() => names.map((_, row) => row).filter((row) => !Number.isNaN(across.at[row] ?? NaN) && !Number.isNaN(up.at[row] ?? NaN)).sort((a, b) => (across.at[a] ?? 0) - (across.at[b] ?? 0)), [across, up, names]);
  const spotsAt = (width: number) => rows.map((row) => ({ key: row, x: LEFT + 8 + (across.at[row] ?? 0) * (width - LEFT - RIGHT - 16), y: height - BOTTOM - 8 - (up.at[row] ?? 0) * (height - TOP - BOTTOM - 16) }));
  const show = (column: Column, row: number) => {
    const value = column.values[row] ?? null;
    return (typeof value === "number" ? number(value) : (value ?? "–")) + (column.unit ? ` ${column.unit}` : "");
  };
  const read = (row: number) => ({ title: names[row] ?? "", rows: [x, y, ...(color && color !== x && color !== y ? [color] : [])].map((column) => ({ name: column.name, value: show(column, row) })) });
  const fill = (row: number) => (bins ? `var(${RAMP[bins[row] ?? 2] ?? "--azure"})` : series ? cssColorOf(series[row] ?? 0) : "var(--azure)");
  return (
    <ReadableChart label={t("scatter.label", { x: x.name, y: y.name, count: rows.length })} height={height} empty={rows.length === 0 ? t("scatter.none") : null} spots={spotsAt} read={read} {...frame}>
      {(width, at) => (
        <>
          <g transform={`translate(0,${height - BOTTOM})`}>
            <Axis scale={scaleOf(across, [LEFT + 8, width - RIGHT - 8])} side="bottom" label={shortened(x.name, Math.floor(width / 9))} unit={x.unit ?? null} ticks={Math.max(2, Math.floor(width / 110))} />
          </g>
          <g transform={`translate(${LEFT},0)`}>
            <Axis scale={scaleOf(up, [height - BOTTOM - 8, TOP + 8])} side="left" grid={width - LEFT - RIGHT} ticks={5} />
            <text className={css["name"]} x={8 - LEFT} y={12}>{shortened(y.unit ? `${y.name} (${y.unit})` : y.name, Math.floor(width / 9))}</text>
          </g>
          {spotsAt(width).map((spot) => (
            <path key={spot.key} d={markPath(series ? markOf(series[spot.key] ?? 0) : "circle", at === spot.key ? 7 : 4.5)} transform={`translate(${spot.x},${spot.y})`} className={css["dot"]} data-inside={inside?.[spot.key] ?? true} style={{ fill: fill(spot.key) }} />
          ))}
        </>
      )}
    </ReadableChart>
  );
}
