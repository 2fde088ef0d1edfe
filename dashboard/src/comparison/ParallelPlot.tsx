import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { scale } from "../charts/scale";
import type { Axis } from "./api";
import css from "./Comparison.module.css";

const [STEP, HEIGHT] = [130, 190];

/** One line per run across one axis per setting and metric; the tables contain the same numbers. */
export function ParallelPlot({ axes, names }: { axes: readonly Axis[]; names: readonly string[] }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  if (axes.length < 2) return <p className={css["end"]}>{t("comparison.tooFewAxes")}</p>;
  const width = (axes.length - 1) * STEP;
  const ranges = axes.map(({ values }) => {
    const known = values.filter((value) => value !== null);
    return [Math.min(...known), Math.max(...known)] as const;
  });
  return (
    <>
    <ul className={css["legend"]}>
      {names.map((name, run) => (
        <li key={run}>
          <svg width="22" height="8" aria-hidden="true">
            <line className={css[`run${run % 4}`]} strokeDasharray={run < 4 ? undefined : `${2 + run} 3`} x1={0} x2={22} y1={4} y2={4} />
          </svg>
          {name}
        </li>
      ))}
    </ul>
    {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a keyboard must be able to scroll it */}
    <div className={css["wide"]} role="group" aria-label={t("comparison.parallel")} tabIndex={0}>
      <svg viewBox={`-50 -30 ${width + 100} ${HEIGHT + 60}`} style={{ minWidth: width + 100 }} role="img" aria-label={t("comparison.parallelLabel", { count: names.length })}>
        {axes.map((axis, index) => (
          <g key={axis.name} transform={`translate(${index * STEP} 0)`}>
            <line className={css["axis"]} y1={0} y2={HEIGHT} />
            <text className={css["name"]} y={-18} textAnchor="middle">{axis.name}</text>
            <text className={css["end"]} y={-5} textAnchor="middle">{number(ranges[index]?.[1] ?? null)}</text>
            <text className={css["end"]} y={HEIGHT + 14} textAnchor="middle">{number(ranges[index]?.[0] ?? null)}</text>
          </g>
        ))}
        {names.map((name, run) => {
          const points = axes.flatMap((axis, index) => {
            const value = axis.values[run];
            const [low, high] = ranges[index] ?? [0, 0];
            return value === null || value === undefined ? [] : [`${index * STEP},${HEIGHT - scale(low, high, HEIGHT)(value)}`];
          });
          return (
            <polyline key={run} className={css[`run${run % 4}`]} strokeDasharray={run < 4 ? undefined : `${2 + run} 3`} points={points.join(" ")}>
              <title>{name}</title>
            </polyline>
          );
        })}
      </svg>
    </div>
    </>
  );
}
