import { useEffect, useRef, useState, type ReactNode } from "react";

import { Skeleton } from "../../ui/Skeleton";
import css from "./Parts.module.css";

interface ChartFrameProps {
  /** Description of the chart in words, for screen readers. */
  label: string;
  height: number;
  loading?: boolean;
  /** What is said in place of a chart without values. */
  empty?: ReactNode;
  legend?: ReactNode;
  caption?: ReactNode;
  tooltip?: ReactNode;
  testId?: string;
  /** Draws the chart for the width that is there. */
  children: (width: number) => ReactNode;
}

/** The frame of every chart on d3-scale: its width, its states (loading, empty), legend, caption and tooltip. */
export function ChartFrame({ label, height, loading = false, empty, legend, caption, tooltip, testId, children }: ChartFrameProps) {
  const { ref, width } = useWidth();
  return (
    <figure className={css["figure"]} data-testid={testId}>
      <div ref={ref} className={css["box"]} style={{ minHeight: height }}>
        {loading ? (
          <Skeleton height={height} />
        ) : empty !== undefined && empty !== null && empty !== false ? (
          <div className={css["empty"]} style={{ height }}>
            {empty}
          </div>
        ) : width === 0 ? null : (
          <svg width={width} height={height} role="img" aria-label={label}>
            {children(width)}
          </svg>
        )}
        {tooltip}
      </div>
      {legend}
      {caption ? <figcaption className={css["caption"]}>{caption}</figcaption> : null}
    </figure>
  );
}

/** The width of an element in pixels, followed while it changes; 0 until it is known. */
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const element = ref.current;
    if (!element) return undefined;
    const measure = () => setWidth(Math.round(element.clientWidth));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { ref, width };
}
