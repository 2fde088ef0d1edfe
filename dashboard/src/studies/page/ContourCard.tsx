import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { axisOf, type Column } from "../../charts/parallel/columns";
import { RAMP } from "../../charts/parallel/ramp";
import { Axis, shortened } from "../../charts/parts/Axis";
import { ReadableChart } from "../../charts/parts/ReadableChart";
import { scaleOf } from "../../charts/ScatterPlot";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { Choice } from "../../ui/forms/Choice";
import { surface } from "./columns";
import css from "./Page.module.css";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT, CELLS] = [72, 16, 24, 44, 360, 28];

/** Estimated score over two fields, with the trials as points. */
export function ContourCard({ fields, score, names }: { fields: readonly Column[]; score: Column; names: readonly string[] }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const [x, setX] = useState(fields[0]?.id ?? "");
  const [y, setY] = useState(fields[1]?.id ?? "");
  const [across, up] = [fields.find(({ id }) => id === x) ?? fields[0], fields.find(({ id }) => id === y) ?? fields[1]];
  const found = useMemo(() => {
    if (!across || !up) return null;
    const [xs, ys, scores] = [axisOf(across), axisOf(up), axisOf(score)];
    const points = names.map((_, row) => ({ row, x: xs.at[row] ?? NaN, y: ys.at[row] ?? NaN, score: scores.at[row] ?? NaN })).filter((point) => !Number.isNaN(point.x + point.y + point.score));
    return { xs, ys, scores, points, cells: points.length < 3 ? [] : surface(points, CELLS) };
  }, [across, up, score, names]);
  if (!across || !up || !found) return null;
  const { xs, ys, scores, points, cells } = found;
  const fill = (share: number) => `var(${RAMP[Math.min(RAMP.length - 1, Math.max(0, Math.floor(share * RAMP.length)))] ?? "--azure"})`;
  const show = (column: Column, row: number) => {
    const value = column.values[row] ?? null;
    return typeof value === "number" ? number(value) : (value ?? "–");
  };
  const spots = (width: number) => [...points].sort((a, b) => a.x - b.x).map((point) => ({ key: point.row, x: LEFT + point.x * (width - RIGHT - LEFT), y: HEIGHT - BOTTOM - point.y * (HEIGHT - BOTTOM - TOP) }));
  const options = fields.map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Card title={t("studies.contour")} note={t("studies.contourNote", { metric: score.name })} testId="study-contour">
      <div className={css["choices"]}>
        <Choice label={t("scatter.x")} value={across.id} onChange={setX} options={options} testId="contour-x" />
        <Choice label={t("scatter.y")} value={up.id} onChange={setY} options={options} testId="contour-y" />
      </div>
      <ReadableChart
        label={t("studies.contourLabel", { metric: score.name, x: across.name, y: up.name })}
        height={HEIGHT}
        testId="contour-chart"
        empty={across === up ? t("studies.contourSame") : points.length < 3 ? t("studies.contourFew") : null}
        spots={spots}
        read={(row) => ({ title: names[row] ?? "", rows: [across, up, score].map((column) => ({ name: column.name, value: show(column, row) })) })}
        legend={
          <p className={css["ramp"]}>
            <bdi>{score.name}</bdi> {number(scores.ends?.[0])}
            <span aria-hidden="true">{RAMP.map((name) => <i key={name} style={{ background: `var(${name})` }} />)}</span>
            {number(scores.ends?.[1])}
          </p>
        }
      >
        {(width, at) => {
          const [wide, tall] = [(width - RIGHT - LEFT) / CELLS, (HEIGHT - BOTTOM - TOP) / CELLS];
          return (
            <>
              <g className={css["cells"]}>{cells.map((line, row) => line.map((value, column) => (value === null ? null : <rect key={`${row}.${column}`} x={LEFT + column * wide} y={HEIGHT - BOTTOM - (row + 1) * tall} width={wide + 0.5} height={tall + 0.5} style={{ fill: fill(value) }} />)))}</g>
              <g transform={`translate(0,${HEIGHT - BOTTOM})`}>
                <Axis scale={scaleOf(xs, [LEFT, width - RIGHT])} side="bottom" label={shortened(across.name, Math.floor(width / 9))} ticks={Math.max(2, Math.floor(width / 110))} />
              </g>
              <g transform={`translate(${LEFT},0)`}>
                <Axis scale={scaleOf(ys, [HEIGHT - BOTTOM, TOP])} side="left" ticks={5} />
                <text className={css["name"]} x={8 - LEFT} y={12}>{shortened(up.name, Math.floor(width / 9))}</text>
              </g>
              {spots(width).map((spot) => (
                <circle key={spot.key} className={css["contourDot"]} cx={spot.x} cy={spot.y} r={at === spot.key ? 7 : 4.5} style={{ fill: fill(scores.at[spot.key] ?? 0.5) }} />
              ))}
            </>
          );
        }}
      </ReadableChart>
    </Card>
  );
}
