import { useEffect, useLayoutEffect, useMemo, useRef, useState, type CSSProperties, type KeyboardEvent, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { useShownTheme } from "../../theme/theme";
import { Button } from "../../ui/Button";
import { useWidth } from "../parts/ChartFrame";
import { Tooltip } from "../parts/Tooltip";
import { axisOf, categoryText, kindsOf, marksOf, matching, movedBy, valueAt, withEnd, type Axis, type Brush, type Column, type ScaleKind, type Value } from "./columns";
import { cleared, nearestRow, strokeRows, type Look } from "./drawing";
import css from "./Parallel.module.css";
import { RAMP, binsOf } from "./ramp";

const [STEP, SIDE, HEAD, HEIGHT, FOOT] = [112, 56, 20, 292, 12];
const KEYS: Record<string, number> = { ArrowUp: 0.02, ArrowDown: -0.02, PageUp: 0.1, PageDown: -0.1, Home: -1, End: 1 };

export type Brushes = Readonly<Record<string, Brush>>;

interface ParallelPlotProps {
  columns: readonly Column[];
  /** Name of each row. */
  names: readonly string[];
  brushes: Brushes;
  onBrush: (brushes: Brushes) => void;
  /** Description of the chart in words; a table on the same page contains its numbers. */
  label: string;
  testId?: string;
}

/**
 * One line per row across one axis per column. Axes are reordered by dragging their names or with the arrow keys; they
 * are brushed by dragging along them, or with the two sliders at their ends.
 */
export function ParallelPlot({ columns, names, brushes, onBrush, label, testId }: ParallelPlotProps) {
  const { t } = useTranslation();
  const theme = useShownTheme();
  const formats = useFormats();
  const { ref, width: room } = useWidth();
  const [order, setOrder] = useState<readonly string[]>([]);
  const [kinds, setKinds] = useState<Readonly<Record<string, ScaleKind>>>({});
  const [colored, setColored] = useState<string | null>(null);
  const [hover, setHover] = useState<{ row: number; x: number; y: number } | null>(null);
  const base = useRef<HTMLCanvasElement>(null);
  const top = useRef<HTMLCanvasElement>(null);

  const axes = useMemo(() => {
    const place = new Map(order.map((id, index) => [id, index]));
    const sorted = [...columns].sort((a, b) => (place.get(a.id) ?? order.length) - (place.get(b.id) ?? order.length));
    return sorted.map((column) => axisOf(column, kinds[column.id]));
  }, [columns, order, kinds]);
  const colorId = colored ?? axes.findLast(({ column }) => column.result)?.column.id ?? "";
  const colorAxis = axes.find(({ column }) => column.id === colorId);
  const bins = useMemo(() => binsOf(colorAxis, names.length), [colorAxis, names.length]);
  const match = useMemo(() => matching(axes, brushes, names.length), [axes, brushes, names.length]);
  const rows = useMemo(() => match.flatMap((inside, row) => (inside ? [row] : [])), [match]);

  const width = Math.max(room, 2 * SIDE + (axes.length - 1) * STEP);
  const look: Look = useMemo(() => {
    const gap = axes.length > 1 ? (width - 2 * SIDE) / (axes.length - 1) : 0;
    return { width, height: HEIGHT, top: HEAD, bottom: HEIGHT - FOOT, places: axes.map((_, index) => SIDE + index * gap) };
  }, [axes, width]);

  // The faint lines of all rows change only with the axes; a brush draws the upper canvas alone.
  useEffect(() => {
    const context = base.current && room > 0 ? cleared(base.current, look) : null;
    if (!context || !base.current) return;
    const color = getComputedStyle(base.current).getPropertyValue("--line-strong").trim();
    strokeRows(context, axes, names.map((_, row) => row), look, { color, width: 1, alpha: names.length > 200 ? 0.25 : 0.5 });
  }, [axes, look, names, theme, room]);

  useLayoutEffect(() => {
    const canvas = top.current;
    const context = canvas && room > 0 ? cleared(canvas, look) : null;
    if (!context || !canvas) return;
    const colors = getComputedStyle(canvas);
    const groups: number[][] = RAMP.map(() => []);
    for (const row of rows) groups[bins[row] ?? 0]?.push(row);
    const fine = rows.length > 200;
    groups.forEach((group, bin) => strokeRows(context, axes, group, look, { color: colors.getPropertyValue(RAMP[bin] ?? "").trim(), width: fine ? 1 : 1.75, alpha: fine ? 0.6 : 0.9 }));
    if (hover) strokeRows(context, axes, [hover.row], look, { color: colors.getPropertyValue("--ink").trim(), width: 3, alpha: 1 });
    canvas.dataset["rows"] = String(rows.length);
  }, [axes, bins, hover, look, rows, theme, room]);

  const brushTo = (id: string, brush: Brush | null) => {
    const rest = Object.fromEntries(Object.entries(brushes).filter(([other]) => other !== id));
    onBrush(brush === null ? rest : { ...rest, [id]: brush });
  };
  const ids = axes.map(({ column }) => column.id);
  const move = (index: number, by: number) => setOrder(movedBy(ids, index, by));
  const point = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    const [x, y] = [event.clientX - box.left, event.clientY - box.top];
    const row = event.buttons === 0 ? nearestRow(axes, rows, look, x, y) : null;
    setHover(row === null ? null : { row, x, y });
  };
  const show = (axis: Axis, value: Value) => (value === null ? "–" : typeof value === "number" ? formats.number(value) : value) + (axis.column.unit ? ` ${axis.column.unit}` : "");

  if (axes.length < 2) return <p className={css["soft"]}>{t("parallel.tooFew")}</p>;
  const brushed = Object.keys(brushes).length > 0;
  return (
    <figure className={css["figure"]} data-testid={testId}>
      <div className={css["controls"]}>
        <label>
          {t("parallel.color")}{" "}
          <select value={colorId} onChange={(event) => setColored(event.target.value)} data-testid="parallel-color">
            <option value="">{t("parallel.noColor")}</option>
            {columns.map(({ id, name }) => (
              <option key={id} value={id}>{name}</option>
            ))}
          </select>
        </label>
        {colorAxis ? <RampLegend axis={colorAxis} show={show} /> : null}
        <span className={css["count"]} role="status" data-testid="parallel-count">{t("parallel.count", { count: names.length, shown: formats.count(rows.length), all: formats.count(names.length) })}</span>
        {brushed ? <Button small onPress={() => onBrush({})}>{t("parallel.clear")}</Button> : null}
      </div>
      <div ref={ref} className={css["scroll"]} role="group" aria-label={label}>
        <div className={css["plot"]} style={{ inlineSize: width }}>
          <div className={css["heads"]}>
            {axes.map((axis, index) => (
              <Head key={axis.column.id} axis={axis} x={look.places[index] ?? 0} gap={(look.places[1] ?? STEP) - (look.places[0] ?? 0)} index={index} count={axes.length}
                onMove={(by) => move(index, by)} onKind={(kind) => { setKinds({ ...kinds, [axis.column.id]: kind }); brushTo(axis.column.id, null); }} />
            ))}
          </div>
          <div className={css["lines"]} style={{ blockSize: HEIGHT }} onPointerMove={point} onPointerLeave={() => setHover(null)}>
            <canvas ref={base} className={css["canvas"]} aria-hidden="true" />
            <canvas ref={top} className={css["canvas"]} aria-hidden="true" data-testid="parallel-lines" />
            {axes.map((axis, index) => (
              <AxisTrack key={axis.column.id} axis={axis} x={look.places[index] ?? 0} look={look} brush={brushes[axis.column.id]} show={show} onBrush={(brush) => brushTo(axis.column.id, brush)} />
            ))}
            {hover ? <Tooltip x={hover.x} y={hover.y} width={width} title={names[hover.row] ?? ""} rows={axes.slice(0, 14).map((axis) => ({ name: axis.column.name, value: show(axis, axis.column.values[hover.row] ?? null) }))} /> : null}
          </div>
        </div>
      </div>
      <figcaption className={css["soft"]}>{t("parallel.hint")}</figcaption>
    </figure>
  );
}

function RampLegend({ axis, show }: { axis: Axis; show: (axis: Axis, value: Value) => string }) {
  const texts = axis.ends === null ? [axis.categories[0] ?? "", axis.categories.at(-1) ?? ""] : axis.ends.map((end) => show(axis, end));
  return (
    <span className={css["ramp"]}>
      {texts[0]}
      <span aria-hidden="true" className={css["bars"]}>
        {RAMP.map((name) => <i key={name} style={{ background: `var(${name})` }} />)}
      </span>
      {texts[1]}
    </span>
  );
}

function Head({ axis, x, gap, index, count, onMove, onKind }: { axis: Axis; x: number; gap: number; index: number; count: number; onMove: (by: number) => void; onKind: (kind: ScaleKind) => void }) {
  const { t } = useTranslation();
  const start = useRef<number | null>(null);
  const [shift, setShift] = useState(0);
  const { name, unit, note } = axis.column;
  const kinds = kindsOf(axis.column);
  const key = (event: KeyboardEvent) => {
    const by = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
    if (by === 0) return;
    event.preventDefault();
    onMove(by);
  };
  const drop = () => {
    const by = start.current === null ? 0 : Math.round(shift / gap);
    start.current = null;
    setShift(0);
    if (by !== 0) onMove(by);
  };
  return (
    <div className={css["head"]} style={{ insetInlineStart: x + shift, inlineSize: Math.max(64, gap - 8) }} data-dragged={shift !== 0}>
      <button type="button" className={css["name"]} title={note ? `${name}: ${note}` : name} dir="auto" aria-label={t("parallel.axis", { name, at: index + 1, count })} data-testid="parallel-axis" onKeyDown={key}
        onPointerDown={(event) => { start.current = event.clientX; event.currentTarget.setPointerCapture(event.pointerId); }}
        onPointerMove={(event) => { if (start.current !== null) setShift(event.clientX - start.current); }} onPointerUp={drop} onPointerCancel={drop}>
        {unit ? `${name} (${unit})` : name}
      </button>
      {kinds.length > 1 ? (
        <select className={css["kind"]} aria-label={t("parallel.scale", { name })} value={axis.kind} onChange={(event) => onKind(event.target.value as ScaleKind)}>
          {kinds.map((kind) => <option key={kind} value={kind}>{t(`parallel.kinds.${kind}`)}</option>)}
        </select>
      ) : <span className={css["kind"]}>{t(`parallel.kinds.${axis.kind}`)}</span>}
    </div>
  );
}

interface TrackProps {
  axis: Axis;
  x: number;
  look: Look;
  brush: Brush | undefined;
  show: (axis: Axis, value: Value) => string;
  onBrush: (brush: Brush | null) => void;
}

function AxisTrack({ axis, x, look, brush, show, onBrush }: TrackProps) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const grab = useRef<number | null>(null);
  const span = look.bottom - look.top;
  const marks = marksOf(axis);
  // More digits where neighbours would read the same.
  const short = marks.map(({ value }) => (typeof value === "number" ? number(value, 3) : value));
  const digits = new Set(short).size < marks.length ? 6 : 3;
  const shareAt = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.min(1, Math.max(0, 1 - (event.clientY - box.top) / (box.height || 1)));
  };
  const drag = (event: PointerEvent) => {
    const from = grab.current;
    if (from === null) return;
    const to = shareAt(event);
    const next: Brush = [Math.min(from, to), Math.max(from, to)];
    if (next[1] - next[0] > 0.01) onBrush(next[0] <= 0 && next[1] >= 1 ? null : next);
  };
  const release = (event: PointerEvent) => {
    if (grab.current !== null && Math.abs(shareAt(event) - grab.current) <= 0.01) onBrush(null);
    grab.current = null;
  };
  return (
    <div className={css["axis"]} style={{ insetInlineStart: x, insetBlockStart: look.top, blockSize: span }}>
      <div className={css["track"]} data-testid="parallel-track" onPointerUp={release} onPointerMove={drag}
        onPointerDown={(event) => { grab.current = shareAt(event); event.currentTarget.setPointerCapture(event.pointerId); event.preventDefault(); }}>
        <div className={css["rule"]} />
        {brush ? <div className={css["brush"]} style={{ insetBlockEnd: `${brush[0] * 100}%`, blockSize: `${(brush[1] - brush[0]) * 100}%` }} /> : null}
      </div>
      {marks.map(({ at, value }) => (
        <span key={String(value)} className={css["tick"]} style={{ insetBlockEnd: `${at * 100}%` }} aria-hidden="true" title={String(value)}>
          {typeof value === "number" ? number(value, digits) : categoryText(value ?? "–", axis.categories)}
        </span>
      ))}
      {(["low", "high"] as const).map((end) => (
        <Handle key={end} end={end} share={brush ? brush[end === "low" ? 0 : 1] : end === "low" ? 0 : 1} label={t(`parallel.${end}`, { name: axis.column.name })}
          text={show(axis, valueAt(axis, brush ? brush[end === "low" ? 0 : 1] : end === "low" ? 0 : 1))} onMove={(share) => onBrush(withEnd(brush, end, share))} />
      ))}
    </div>
  );
}

function Handle({ end, share, label, text, onMove }: { end: "low" | "high"; share: number; label: string; text: string; onMove: (share: number) => void }) {
  const key = (event: KeyboardEvent) => {
    const by = KEYS[event.key];
    if (by === undefined) return;
    event.preventDefault();
    onMove(share + by);
  };
  const style: CSSProperties = { insetBlockEnd: `${share * 100}%` };
  return (
    <div className={css["handle"]} data-end={end} style={style} role="slider" tabIndex={0} aria-orientation="vertical" aria-label={label} aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(share * 100)} aria-valuetext={text} onKeyDown={key} />
  );
}

