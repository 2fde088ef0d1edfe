// Conversion of a page's chart description to uPlot options, with the theme's colours.
import uPlot from "uplot";

import type { Formats } from "../language/format";
import { MOMENTS, type Rhythm } from "./bands";
import type { Categorical } from "./colors";
import { fitLabels, labelSpace, momentLabel, numberLabels, timeLabels } from "./axes";

export interface Line {
  label: string;
  color: Categorical | "--ink-soft";
  /** True draws dashes; a pattern of lengths tells lines apart that share a colour. */
  dash?: boolean | readonly number[];
  points?: boolean;
  /** An edge of a band: drawn as its border, hidden from the legend. */
  edge?: "high" | "low";
  /** Fill a band in the colour of its edges, not in the colour of intervals; for several bands in one plot. */
  filled?: boolean;
}

export interface PlotShape {
  lines: readonly Line[];
  x: "time" | "step";
  xLabel: string;
  /** How a time axis is labelled. */
  rhythm?: Rhythm;
  logarithmic?: boolean;
  height: number;
}

export function plotOptions(shape: PlotShape, width: number, formats: Formats, color: (name: string) => string): uPlot.Options {
  const rhythm = shape.rhythm ?? MOMENTS;
  const { zone } = rhythm;
  const moment = momentLabel(formats.locale, rhythm);
  const showX = shape.x === "time" ? moment : (step: number) => formats.count(step);
  const axis = { stroke: color("--ink-soft"), grid: { stroke: color("--chart-grid"), width: 1 }, ticks: { stroke: color("--chart-grid"), width: 1, size: 4 }, font: "12px system-ui, sans-serif" };
  const edges = (edge: Line["edge"]) => shape.lines.flatMap((line, index) => (line.edge === edge ? [{ line, at: index + 1 }] : []));
  const lows = edges("low");
  const bands = edges("high").flatMap(({ line, at }, index) => {
    const low = lows[index];
    return low === undefined ? [] : [{ series: [at, low.at] as [number, number], fill: line.filled === true ? `${color(line.color)}30` : color("--chart-band") }];
  });
  return {
    width,
    height: shape.height,
    ...(zone ? { tzDate: (seconds: number) => uPlot.tzDate(new Date(seconds * 1000), zone) } : {}),
    // eslint-disable-next-line @typescript-eslint/no-unsafe-enum-assignment -- a const enum, which isolated modules may not read
    scales: { x: { time: shape.x === "time" }, y: shape.logarithmic ? { distr: 3, log: 10 } : {} },
    axes: [
      { ...axis, values: shape.x === "time" ? timeLabels(formats.locale, rhythm) : numberLabels(formats), space: shape.x === "time" ? labelSpace : 60, size: 30 },
      { ...axis, values: numberLabels(formats), size: fitLabels, space: 36 },
    ],
    series: [
      { label: shape.xLabel, value: (_plot: uPlot, x: number | null) => (x === null ? "–" : showX(x)) },
      ...shape.lines.map((line) => series(line, formats, color)),
    ],
    bands,
    cursor: { drag: { x: true, y: false, dist: 8 }, points: { size: 7 } },
    legend: { live: true, markers: { width: 0, fill: (_plot, index) => marker(shape.lines[index - 1], color) } },
  };
}

function marker(line: Line | undefined, color: (name: string) => string): string {
  return line ? color(line.edge ? "--chart-band" : line.color) : "transparent";
}

function series(line: Line, formats: Formats, color: (name: string) => string): uPlot.Series {
  return {
    label: line.label,
    stroke: color(line.color),
    width: line.edge ? 0 : 1.75,
    spanGaps: true,
    value: (_plot: uPlot, value: number | null) => formats.number(value),
    ...(line.label === "" ? { class: "is-hidden" } : {}),
    points: line.points ? { show: true, size: 5 } : { show: line.edge ? false : undefined, size: 5 },
    ...(line.dash ? { dash: line.dash === true ? [6, 4] : [...line.dash] } : {}),
  } as uPlot.Series;
}
