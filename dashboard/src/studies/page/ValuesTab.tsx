import { useQuery } from "@tanstack/react-query";
import { scaleLinear, scaleLog } from "d3-scale";
import { useId, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { StudyDetail, Trial } from "../../api/types";
import { markPath } from "../../charts/colors";
import { Axis, shortened } from "../../charts/parts/Axis";
import { ReadableChart } from "../../charts/parts/ReadableChart";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/Notice";
import { curvesQuery } from "../api";
import { Choice } from "../../ui/forms/Choice";
import { linesOf, pathOf, rangeOf, type TrialLine } from "./lines";
import css from "./Page.module.css";

const [LEFT, RIGHT, TOP, BOTTOM, HEIGHT] = [72, 16, 24, 44, 380];
const STATES = ["complete", "failed", "pruned", "running"] as const;
/** Marks at the ends of lines; a complete trial has none. */
const MARKS = { failed: "square", pruned: "cross", running: "circle" } as const;

/** Intermediate values of all trials over the number of the report; pruned trials are dashed and end in a cross. */
export function ValuesTab({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count, number } = useFormats();
  const [state, setState] = useState("");
  const [isLog, setLog] = useState(false);
  const clip = useId();
  const ended = trials.filter(({ state: now }) => now !== "running").length;
  const found = useQuery(curvesQuery(study.id, ended, ended < trials.length));
  const lines = useMemo(() => linesOf((found.data ?? []).filter((trial) => state === "" || trial.state === state), isLog), [found.data, state, isLog]);
  const { series } = study.pruner;
  const range = useMemo(() => rangeOf(lines), [lines]);
  const last = Math.max(2, ...lines.map(({ points }) => points.at(-1)?.report ?? 1));
  const scales = (width: number) => {
    const across: [number, number] = [LEFT + 8, width - RIGHT - 8];
    const up: [number, number] = [HEIGHT - BOTTOM, TOP + 8];
    return { x: scaleLinear([1, last], across), y: isLog ? scaleLog(range, up) : scaleLinear(range, up) };
  };
  const placed = (line: TrialLine, width: number) => {
    const { x, y } = scales(width);
    return line.points.flatMap(({ report, value }) => (value === null || value > range[1] ? [] : [{ key: line.trial.number, x: x(report), y: y(value) }]));
  };
  const outside = lines.filter(({ points }) => points.some(({ value }) => value !== null && value > range[1])).length;
  const ends = (width: number) => lines.flatMap((line) => placed(line, width).slice(-1));
  const marked = lines.filter(({ trial }) => trial.state === "pruned").length;
  return (
    <Card title={t("studies.reports")} note={t("studies.valuesNote", { series })} testId="study-values">
      <div className={css["choices"]}>
        <Choice label={t("studies.state")} value={state} onChange={setState} options={[{ value: "", label: t("studies.anyState") }, ...STATES.map((value) => ({ value, label: t(`studies.trialStates.${value}`) }))]} testId="values-state" />
        <label className={css["choice"]}>
          <input type="checkbox" checked={isLog} onChange={(event) => setLog(event.target.checked)} /> {t("curves.log")}
        </label>
      </div>
      {found.error ? <ErrorNotice error={found.error} /> : null}
      <ReadableChart
        label={t("studies.valuesLabel", { count: lines.length, series, pruned: count(marked) })}
        height={HEIGHT}
        testId="values-chart"
        empty={found.isLoading ? t("common.loading") : lines.length === 0 ? t("studies.noValues", { series }) : null}
        spots={(width) => lines.flatMap((line) => placed(line, width))}
        stops={ends}
        read={(key) => {
          const line = lines.find(({ trial }) => trial.number === key);
          const end = line?.points.findLast(({ value }) => value !== null);
          return {
            title: t("studies.trialOf", { trial: key }),
            rows: [
              { name: t("studies.state"), value: line ? t(`studies.trialStates.${line.trial.state}`) : "–" },
              { name: t("studies.lastValue", { report: count(end?.report) }), value: number(end?.value) },
              ...study.objectives.map(({ metric }, index) => ({ name: metric, value: number(line?.trial.scores?.[index]) })),
            ],
          };
        }}
        legend={
          <ul className={css["legend"]}>
            {STATES.filter((one) => lines.some(({ trial }) => trial.state === one)).map((one) => (
              <li key={one}>
                <svg width={30} height={12} aria-hidden="true">
                  <line className={css["value"]} data-state={one} x1={1} x2={23} y1={6} y2={6} />
                  {one === "complete" ? null : <path className={css["end"]} data-state={one} d={markPath(MARKS[one], 3.5)} transform="translate(25,6)" />}
                </svg>{" "}
                {t(`studies.trialStates.${one}`)}
              </li>
            ))}
            {outside > 0 ? <li>{t("studies.outsideLines", { count: outside, shown: count(outside), high: number(range[1]) })}</li> : null}
          </ul>
        }
      >
        {(width, at) => {
          const { x, y } = scales(width);
          const read = lines.find(({ trial }) => trial.number === at);
          return (
            <>
              <g transform={`translate(0,${HEIGHT - BOTTOM})`}>
                <Axis scale={x} side="bottom" label={t("studies.report")} ticks={Math.min(last, Math.max(2, Math.floor(width / 90)))} format={((value: number) => (Number.isInteger(value) ? count(value) : ""))} />
              </g>
              <g transform={`translate(${LEFT},0)`}>
                <Axis scale={y} side="left" grid={width - LEFT - RIGHT} ticks={5} />
                <text className={css["name"]} x={8 - LEFT} y={12}>{shortened(series, Math.floor(width / 9))}</text>
              </g>
              <clipPath id={clip}>
                <rect x={LEFT} y={TOP + 6} width={width - LEFT - RIGHT} height={HEIGHT - BOTTOM - TOP - 4} />
              </clipPath>
              {STATES.map((one) => (
                <path key={one} className={css["value"]} data-state={one} data-many={lines.length > 60} clipPath={`url(#${clip})`} d={lines.filter(({ trial }) => trial.state === one).map((line) => pathOf(line, x, y)).join("")} />
              ))}
              {lines.map((line) => {
                const { state: now } = line.trial;
                const end = now === "complete" ? undefined : placed(line, width).at(-1);
                return end && now !== "complete" ? <path key={line.trial.number} className={css["end"]} data-state={now} d={markPath(MARKS[now], 4)} transform={`translate(${end.x},${end.y})`} /> : null;
              })}
              {read ? <path className={css["readLine"]} clipPath={`url(#${clip})`} d={pathOf(read, x, y)} /> : null}
            </>
          );
        }}
      </ReadableChart>
    </Card>
  );
}
