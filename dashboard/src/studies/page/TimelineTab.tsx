import { scaleTime } from "d3-scale";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { StudyDetail, Trial } from "../../api/types";
import { Axis, shortened } from "../../charts/parts/Axis";
import { ReadableChart } from "../../charts/parts/ReadableChart";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { Choice } from "../../ui/forms/Choice";
import { TRIAL_STATES } from "./filter";
import { barsOf, byTrial, byWorker, type Bar } from "./lanes";
import css from "./Page.module.css";

const [RIGHT, TOP, BOTTOM, ROW] = [12, 8, 44, 20];
const MOST_ROWS = 200;

/** When each trial waited and ran, by worker or by trial; the state is a pattern and a colour. */
export function TimelineTab({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count, duration, instant, locale } = useFormats();
  const [rows, setRows] = useState("worker");
  const [state, setState] = useState("");
  const [opened] = useState(() => Date.now());
  const bars = useMemo(() => {
    const now = Math.max(opened, ...trials.map(({ created_at: at }) => Date.parse(at)));
    return barsOf(trials.filter((trial) => state === "" || trial.state === state), now);
  }, [trials, state, opened]);
  const all = useMemo(() => (rows === "trial" ? byTrial(bars) : byWorker(bars, t("studies.noWorker"))), [bars, rows, t]);
  const lanes = all.slice(-MOST_ROWS);
  const shown = lanes.flatMap((lane) => lane.bars);
  const first = shown.reduce((least, { queued }) => Math.min(least, queued), Infinity);
  const last = shown.reduce((most, { to }) => Math.max(most, to), -Infinity);
  const leftOf = (width: number) => (rows === "trial" ? 48 : width < 480 ? 84 : 128);
  const height = TOP + BOTTOM + Math.max(2, lanes.length) * ROW;
  const scaleAt = (width: number) => scaleTime([new Date(first), new Date(last > first ? last : first + 1000)], [leftOf(width), width - RIGHT]);
  const spots = (width: number) => {
    if (shown.length === 0) return [];
    const at = scaleAt(width);
    return lanes.flatMap((lane, row) => lane.bars.map(({ trial, from, to }) => ({ key: trial.number, x: (at(from) + at(to)) / 2, y: TOP + row * ROW + ROW / 2 })));
  };
  const byNumber = useMemo(() => new Map<number, Bar>(bars.map((bar) => [bar.trial.number, bar])), [bars]);
  const sameDay = new Date(first).toDateString() === new Date(last).toDateString();
  const clock = new Intl.DateTimeFormat(locale, sameDay ? { timeStyle: last - first < 600_000 ? "medium" : "short" } : { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
  return (
    <Card title={t("studies.timeline")} note={t("studies.timelineNote")} testId="study-timeline">
      <div className={css["choices"]}>
        <Choice label={t("studies.rows")} value={rows} onChange={setRows} options={[{ value: "worker", label: t("studies.worker") }, { value: "trial", label: t("studies.trial") }]} testId="timeline-rows" />
        <Choice label={t("studies.state")} value={state} onChange={setState} options={[{ value: "", label: t("studies.anyState") }, ...TRIAL_STATES.map((value) => ({ value, label: t(`studies.trialStates.${value}`) }))]} />
      </div>
      <ReadableChart
        label={t("studies.timelineLabel", { count: shown.length })}
        height={height}
        testId="timeline-chart"
        empty={shown.length === 0 ? t(trials.length === 0 ? "studies.noTrials" : "studies.noMatch") : null}
        spots={spots}
        read={(key) => {
          const bar = byNumber.get(key);
          if (!bar) return { title: t("studies.trialOf", { trial: key }), rows: [] };
          return {
            title: t("studies.trialOf", { trial: key }),
            rows: [
              { name: t("studies.state"), value: t(`studies.trialStates.${bar.trial.state}`) },
              { name: t("studies.worker"), value: bar.trial.worker ?? "–" },
              { name: t("studies.began"), value: instant(new Date(bar.from)) },
              { name: t("studies.waited"), value: duration((bar.from - bar.queued) / 1000) },
              { name: t("studies.took"), value: duration((bar.to - bar.from) / 1000) },
            ],
          };
        }}
        legend={
          <ul className={css["legend"]}>
            {TRIAL_STATES.filter((one) => trials.some((trial) => trial.state === one)).map((one) => (
              <li key={one}>
                <svg width={26} height={12} aria-hidden="true"><rect className={css["trialBar"]} data-state={one} x={1} y={1} width={24} height={10} rx={2} /></svg> {t(`studies.trialStates.${one}`)}
              </li>
            ))}
            {rows === "trial" ? (
              <li>
                <svg width={26} height={12} aria-hidden="true"><line className={css["waiting"]} x1={1} x2={25} y1={6} y2={6} /></svg> {t("studies.queued")}
              </li>
            ) : null}
            {all.length > lanes.length ? <li>{t("studies.lastRows", { count: MOST_ROWS, shown: count(MOST_ROWS) })}</li> : null}
          </ul>
        }
      >
        {(width, at) => {
          const x = scaleAt(width);
          const left = leftOf(width);
          return (
            <>
              {lanes.map((lane, row) => {
                const middle = TOP + row * ROW + ROW / 2;
                return (
                  <g key={row}>
                    {lane.name === "" ? null : (
                      <text className={css["tick"]} x={left - 8} y={middle + 4} textAnchor="end">
                        <title>{lane.name}</title>
                        {shortened(lane.name, rows === "trial" ? 6 : Math.floor(left / 7.5))}
                      </text>
                    )}
                    {rows === "trial" ? lane.bars.map(({ trial, queued, from }) => (from > queued ? <line key={trial.number} className={css["waiting"]} x1={x(queued)} x2={x(from)} y1={middle} y2={middle} /> : null)) : null}
                    {lane.bars.map(({ trial, from, to }) => (
                      <rect key={trial.number} className={css["trialBar"]} data-state={trial.state} data-read={at === trial.number} x={x(from)} y={middle - ROW / 2 + 3} width={Math.max(2, x(to) - x(from) - 0.5)} height={ROW - 6} rx={2} />
                    ))}
                  </g>
                );
              })}
              <g transform={`translate(0,${height - BOTTOM})`}>
                <Axis scale={x} side="bottom" label={t("charts.time")} ticks={Math.max(2, Math.floor((width - left) / 140))} format={((value: Date) => clock.format(value))} />
              </g>
            </>
          );
        }}
      </ReadableChart>
      {study.parallel > 1 ? <p className={css["soft"]}>{t("studies.parallelOf", { count: study.parallel, shown: count(study.parallel) })}</p> : null}
    </Card>
  );
}
