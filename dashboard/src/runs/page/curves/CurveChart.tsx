import "uplot/dist/uPlot.min.css";

import { useEffect, useEffectEvent, useImperativeHandle, useRef, useState, type KeyboardEvent, type Ref } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";

import { moved, reading, shownEnds } from "../../../charts/cursor";
import type { Line, PlotShape } from "../../../charts/options";
import { plotOptions } from "../../../charts/options";
import { useFormats } from "../../../language/useFormats";
import { useShownTheme } from "../../../theme/theme";
import css from "./Curves.module.css";

export type ChartData = [number[], ...(number | null | undefined)[][]];
export type Range = readonly [from: number, to: number];

export interface ChartHandle {
  /** The chart as a picture on the page's ground. */
  picture: (title: string) => Promise<Blob | null>;
}

interface CurveChartProps {
  lines: readonly (Line & { faint?: boolean })[];
  data: ChartData;
  x: PlotShape["x"];
  xLabel: string;
  logarithmic: boolean;
  height: number;
  /** Range shown by all charts of the page; null shows everything. */
  range: Range | null;
  onRange: (range: Range | null) => void;
  label: string;
  testId: string;
  ref?: Ref<ChartHandle>;
}

/** Charts with this key share one cursor. */
const SYNC = "run-curves";

/**
 * A chart of curves that shares its cursor and its range with the other charts of the page. Drag zooms, Shift and drag
 * moves, a double click shows everything. With the keyboard it is read like a slider.
 */
export default function CurveChart({ lines, data, x, xLabel, logarithmic, height, range, onRange, label, testId, ref }: CurveChartProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const theme = useShownTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [at, setAt] = useState<number | null>(null);
  const shape: PlotShape = { lines, x, xLabel, logarithmic, height };
  const key = JSON.stringify([shape, theme, formats.locale]);
  const change = useEffectEvent(onRange);

  const build = useEffectEvent((element: HTMLDivElement) => {
    const colors = getComputedStyle(element);
    const color = (name: string) => colors.getPropertyValue(name).trim();
    const options = plotOptions(shape, Math.max(200, element.clientWidth), formats, color);
    options.series = options.series.map((series, index) => {
      const line = lines[index - 1];
      return index === 0 || !line ? series : { ...series, spanGaps: false, ...(line.faint ? { alpha: 0.3, width: 1 } : {}) };
    });
    options.cursor = { ...options.cursor, sync: { key: SYNC, setSeries: false } };
    options.hooks = {
      setSelect: [
        (self) => {
          if (self.select.width >= 8) change([self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x")]);
        },
      ],
      ready: [
        (self) => {
          self.over.addEventListener("dblclick", () => change(null));
          self.over.addEventListener("mousedown", (event) => pan(self, event, (next) => change(next)), { capture: true });
        },
      ],
    };
    const made = new uPlot(options, data, element);
    if (range) made.setScale("x", { min: range[0], max: range[1] });
    return made;
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = build(element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(200, element.clientWidth), height: made.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [key]);

  useEffect(() => {
    const current = plot.current;
    if (!current) return;
    if (current.data !== (data as uPlot.AlignedData)) current.setData(data, range === null);
    if (range) current.setScale("x", { min: range[0], max: range[1] });
    else current.setData(data, true);
  }, [data, range]);

  useImperativeHandle(ref, () => ({ picture: (title) => pictureOf(plot.current, box.current, title) }), []);

  const read = (event: KeyboardEvent) => {
    const current = plot.current;
    if (!current || event.altKey || event.ctrlKey || event.metaKey) return;
    const { min, max } = current.scales["x"] ?? {};
    const next = moved(event.key, at, shownEnds(data[0], min ?? -Infinity, max ?? Infinity));
    const place = next === undefined ? undefined : data[0][next];
    if (next === undefined || place === undefined) return;
    event.preventDefault();
    setAt(next);
    current.setCursor({ left: current.valToPos(place, "x"), top: current.over.clientHeight / 2 });
  };

  const leave = () => {
    setAt(null);
    plot.current?.setCursor({ left: -10, top: -10 });
  };

  return (
    <div
      ref={box}
      className={css["chart"]}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={Math.max(0, data[0].length - 1)}
      aria-valuenow={at ?? 0}
      aria-valuetext={at === null ? t("charts.keys") : reading(shape, data, at, formats)}
      data-testid={testId}
      data-points={data[0].length}
      onKeyDown={read}
      onBlur={leave}
    />
  );
}

/** Move the range while the pointer is down with Shift; uPlot would select a range instead. */
function pan(self: uPlot, event: MouseEvent, change: (range: Range) => void) {
  if (!event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const { min, max } = self.scales["x"] ?? {};
  if (typeof min !== "number" || typeof max !== "number") return;
  const start = event.clientX;
  const width = Math.max(1, self.over.clientWidth);
  const move = (moved: MouseEvent) => {
    const by = ((start - moved.clientX) / width) * (max - min);
    change([min + by, max + by]);
  };
  const end = () => {
    window.removeEventListener("mousemove", move);
    window.removeEventListener("mouseup", end);
  };
  window.addEventListener("mousemove", move);
  window.addEventListener("mouseup", end);
}

const TITLE_PIXELS = 40;

async function pictureOf(plot: uPlot | null, box: HTMLElement | null, title: string): Promise<Blob | null> {
  if (!plot || !box) return null;
  const drawn = plot.ctx.canvas;
  const ratio = window.devicePixelRatio || 1;
  const canvas = document.createElement("canvas");
  canvas.width = drawn.width;
  canvas.height = drawn.height + TITLE_PIXELS * ratio;
  const context = canvas.getContext("2d");
  if (!context) return null;
  const colors = getComputedStyle(box);
  context.fillStyle = colors.getPropertyValue("--surface");
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colors.getPropertyValue("--ink");
  context.font = `${15 * ratio}px system-ui, sans-serif`;
  context.fillText(title, 12 * ratio, 26 * ratio, canvas.width - 24 * ratio);
  context.drawImage(drawn, 0, TITLE_PIXELS * ratio);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}
