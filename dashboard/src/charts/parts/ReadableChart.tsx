import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { ChartFrame, useWidth } from "./ChartFrame";
import css from "./Parts.module.css";
import { Tooltip, type TooltipRow } from "./Tooltip";
import { useReader, type Spot } from "./useReader";

interface ReadableChartProps {
  label: string;
  height: number;
  empty?: ReactNode;
  legend?: ReactNode;
  caption?: ReactNode;
  testId?: string;
  /** The points that the pointer finds, for a width in pixels. */
  spots: (width: number) => readonly Spot[];
  /** The points that the arrow keys visit, in this order; by default all of them. */
  stops?: (width: number) => readonly Spot[];
  /** Title and values of what a point belongs to. */
  read: (key: number) => { title: string; rows: readonly TooltipRow[] };
  children: (width: number, key: number | null) => ReactNode;
}

/** A chart whose points are read with the pointer or with the arrow keys. */
export function ReadableChart({ label, spots, stops, read, children, ...frame }: ReadableChartProps) {
  const { t } = useTranslation();
  const { ref, width } = useWidth();
  const found = spots(width);
  const visited = stops ? stops(width) : found;
  const { spot, handlers } = useReader(found, visited);
  const shown = spot === null ? null : read(spot.key);
  return (
    <div ref={ref} className={css["readable"]} role="slider" tabIndex={0} aria-label={label} aria-valuemin={0} aria-valuemax={Math.max(0, visited.length - 1)}
      aria-valuenow={spot === null ? 0 : Math.max(0, visited.findIndex(({ key }) => key === spot.key))}
      aria-valuetext={shown === null ? t("scatter.keys") : `${shown.title}: ${shown.rows.map(({ name, value }) => `${name} ${value}`).join(", ")}`} {...handlers}>
      <ChartFrame label={label} {...frame} tooltip={spot && shown ? <Tooltip x={spot.x} y={spot.y} width={width} title={shown.title} rows={shown.rows} /> : null}>
        {(wide) => children(wide, spot?.key ?? null)}
      </ChartFrame>
    </div>
  );
}
