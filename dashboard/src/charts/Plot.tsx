import "uplot/dist/uPlot.min.css";

import { useEffect, useEffectEvent, useMemo, useRef, useState, type KeyboardEvent } from "react";
import { useTranslation } from "react-i18next";
import uPlot from "uplot";

import { useFormats } from "../language/useFormats";
import { useShownTheme } from "../theme/theme";
import { Button } from "../ui/Button";
import { moved, reading, shownEnds } from "./cursor";
import { plotOptions, type PlotShape } from "./options";
import css from "./Plot.module.css";

export type PlotData = [number[], ...(number | null | undefined)[][]];

interface PlotProps {
  shape: PlotShape;
  data: PlotData;
  /** Description of the chart in words. */
  label: string;
  /** Range shown at first; null shows everything. */
  range?: [from: number, to: number] | null;
  testId?: string;
}

/**
 * A chart that is updated in place: new points are added to the same plot, and a zoomed range does not change.
 * Drag to zoom; the button (or a double click) shows everything again. With the keyboard it is read like a slider:
 * arrow keys move along the axis, and the values there are said.
 */
export function Plot({ shape, data, label, range = null, testId }: PlotProps) {
  const { t } = useTranslation();
  const formats = useFormats();
  const theme = useShownTheme();
  const box = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const zoom = useRef<[number, number] | null>(range);
  const [zoomed, setZoomed] = useState(range !== null);
  const [at, setAt] = useState<number | null>(null);
  // Rebuild only where the look changes, never for new points.
  const look = JSON.stringify(shape);
  const key = useMemo(() => `${look}|${theme}|${formats.locale}`, [look, theme, formats.locale]);

  const build = useEffectEvent((element: HTMLDivElement) => {
    const colors = getComputedStyle(element);
    const options = plotOptions(shape, Math.max(240, element.clientWidth), formats, (name) => colors.getPropertyValue(name).trim());
    options.hooks = {
      setSelect: [
        (self) => {
          if (self.select.width < 8) return;
          zoom.current = [self.posToVal(self.select.left, "x"), self.posToVal(self.select.left + self.select.width, "x")];
          setZoomed(true);
        },
      ],
      ready: [
        (self) =>
          self.over.addEventListener("dblclick", () => {
            zoom.current = null;
            setZoomed(false);
          }),
      ],
    };
    const made = new uPlot(options, data, element);
    if (zoom.current) made.setScale("x", { min: zoom.current[0], max: zoom.current[1] });
    return made;
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    const made = build(element);
    plot.current = made;
    const observer = new ResizeObserver(() => made.setSize({ width: Math.max(240, element.clientWidth), height: made.height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [key]);

  useEffect(() => {
    const current = plot.current;
    if (!current || current.data === (data as uPlot.AlignedData)) return;
    current.setData(data, zoom.current === null);
    if (zoom.current) current.setScale("x", { min: zoom.current[0], max: zoom.current[1] });
  }, [data]);

  const showAll = () => {
    zoom.current = null;
    setZoomed(false);
    plot.current?.setData(data, true);
  };

  const read = (event: KeyboardEvent) => {
    const current = plot.current;
    if (!current || event.altKey || event.ctrlKey || event.metaKey) return;
    const { min, max } = current.scales["x"] ?? {};
    const [axis] = data;
    const next = moved(event.key, at, shownEnds(axis, min ?? -Infinity, max ?? Infinity));
    const x = next === undefined ? undefined : axis[next];
    if (next === undefined || x === undefined) return;
    event.preventDefault();
    setAt(next);
    current.setCursor({ left: current.valToPos(x, "x"), top: current.over.clientHeight / 2 });
  };

  const leave = () => {
    setAt(null);
    plot.current?.setCursor({ left: -10, top: -10 });
  };

  return (
    <figure className={css["figure"]}>
      <div
        ref={box}
        className={css["box"]}
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, data[0].length - 1)}
        aria-valuenow={at ?? 0}
        aria-valuetext={at === null ? t("charts.keys") : reading(shape, data, at, formats)}
        data-testid={testId}
        data-points={countPoints(data)}
        onKeyDown={read}
        onBlur={leave}
      />
      <div className={css["foot"]}>
        <span className={css["hint"]}>{t("charts.hint")}</span>
        {zoomed ? (
          <Button small onPress={showAll}>
            {t("charts.showAll")}
          </Button>
        ) : null}
      </div>
    </figure>
  );
}

export function countPoints([, ...columns]: PlotData): number {
  return columns.reduce((sum, column) => sum + column.filter((value) => value !== null && value !== undefined).length, 0);
}
