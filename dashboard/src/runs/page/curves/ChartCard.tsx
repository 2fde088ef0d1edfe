import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";

import { colorOf, dashOf } from "../../../charts/colors";
import { useFormats } from "../../../language/useFormats";
import { Button } from "../../../ui/Button";
import text from "../../../ui/Content.module.css";
import { Dialog } from "../../../ui/Dialog";
import type { Curve, Curves } from "../../curves/curves";
import { pointsQuery } from "./api";
import CurveChart, { type ChartHandle, type Range } from "./CurveChart";
import css from "./Curves.module.css";
import { saveFile } from "./download";
import { aligned, csvOf, pointsOf, stepsBetween } from "./points";
import { smoothed } from "./smoothing";
import type { CurvesView } from "./view";

interface ChartCardProps {
  runId: string;
  title: string;
  /** The part of the title that the page shows above the chart. */
  heading?: string | undefined;
  names: readonly string[];
  curves: Curves;
  view: CurvesView;
  startedAt: number;
  interruptions: readonly number[];
  onRange: (range: Range | null) => void;
  live: boolean;
  titleOf?: (name: string) => string;
  height?: number;
  testId?: string;
}

/** One chart with its title, its notes about what it shows, and its downloads. */
export function ChartCard(props: ChartCardProps) {
  const { t } = useTranslation();
  const [full, setFull] = useState(false);
  const chart = useRef<ChartHandle>(null);
  const { names, curves, title } = props;
  const present = names.flatMap((name) => (curves[name] ? [[name, curves[name]] as const] : []));
  const savePicture = () => void chart.current?.picture(title).then((picture) => picture && saveFile(`${title}.png`, picture));
  return (
    <figure className={css["small"]}>
      <figcaption className={css["head"]}>
        <span className={css["name"]} title={title} dir="auto">
          {props.heading ?? title}
        </span>
        <span className={css["buttons"]}>
          <Button small onPress={savePicture}>PNG</Button>
          <Button small onPress={() => saveFile(`${title}.csv`, new Blob([csvOf(present)], { type: "text/csv" }))}>CSV</Button>
          <Button small onPress={() => setFull(true)}>{t("runCurves.full")}</Button>
        </span>
      </figcaption>
      <Drawn {...props} chart={chart} />
      <Dialog title={title} open={full} onClose={() => setFull(false)} wide>
        <Drawn {...props} height={Math.max(320, Math.round(window.innerHeight * 0.65))} testId={`${props.testId ?? "curve"}-full`} />
      </Dialog>
    </figure>
  );
}

function Drawn({ runId, title, names, curves, view, startedAt, interruptions, onRange, live, titleOf = (name) => name, height = 200, testId = "curve", chart }: ChartCardProps & { chart?: React.Ref<ChartHandle> }) {
  const { t } = useTranslation();
  const { count, number } = useFormats();
  const fine = useRefined(runId, names, curves, view, startedAt, live);
  const shown = useMemo(() => names.flatMap((name) => (fine[name] ? [[name, fine[name]] as const] : [])), [names, fine]);
  const { points, data, lines } = useMemo(() => drawing(shown, view, startedAt, interruptions, titleOf, t("runCurves.smoothed", { name: "{{name}}" })), [shown, view, startedAt, interruptions, titleOf, t]);
  const all = shown.reduce((sum, [, curve]) => sum + (curve.total ?? curve.steps.length), 0);
  const drawn = shown.reduce((sum, [, curve]) => sum + curve.steps.length, 0);
  const gaps = Math.max(0, ...points.map((one) => one.gaps));
  const missing = points.reduce((sum, one) => sum + one.missing, 0);
  const [first] = points;
  const [only] = shown;

  if (drawn === 0) return <p className={text["soft"]}>{t("common.loading")}</p>;
  if (missing === drawn) return <p className={css["stated"]} data-testid={testId}>{t("runCurves.noNumbers")}</p>;
  if (points.length === 1 && first && only && first.x.length === 1) {
    return (
      <p className={css["stated"]} data-testid={testId} data-points={1}>
        {t("runCurves.single", { value: number(first.y[0]), step: count(only[1].steps[0]) })}
      </p>
    );
  }
  return (
    <>
      <CurveChart
        lines={lines}
        data={data}
        x={view.axis === "clock" ? "time" : "step"}
        xLabel={t(view.axis === "clock" ? "charts.time" : view.axis === "elapsed" ? "runCurves.elapsed" : "charts.step")}
        logarithmic={view.logarithmic && points.some((one) => one.y.some((value) => value !== null && value > 0))}
        height={height}
        range={view.range}
        onRange={onRange}
        label={t("runCurves.label", { names: title })}
        testId={testId}
        {...(chart ? { ref: chart } : {})}
      />
      <p className={css["notes"]}>
        {[
          all > drawn ? t("runCurves.reduced", { shown: count(drawn), all: count(all) }) : "",
          gaps > 0 ? t("runCurves.gaps", { count: gaps, shown: count(gaps) }) : "",
          missing > 0 ? t("runCurves.missing", { count: missing, shown: count(missing) }) : "",
          view.logarithmic && points.some((one) => one.y.some((value) => value !== null && value <= 0)) ? t("runCurves.logExcluded") : "",
        ]
          .filter((note) => note !== "")
          .join(" ")}
      </p>
    </>
  );
}

/** The curves of a zoomed range with more points, read once the range is chosen; until then the points that are known. */
function useRefined(runId: string, names: readonly string[], curves: Curves, view: CurvesView, startedAt: number, live: boolean): Curves {
  const reduced = names.filter((name) => (curves[name]?.total ?? 0) > (curves[name]?.steps.length ?? 0));
  const [first] = reduced;
  const known = first === undefined ? undefined : curves[first];
  const between = view.range === null || known === undefined ? null : stepsBetween(known, view.axis, startedAt, view.range);
  const refined = useQuery({ ...pointsQuery(runId, reduced, between, live), enabled: between !== null }).data;
  const key = JSON.stringify([reduced, between]);
  return useMemo(() => {
    const [fewer, range] = JSON.parse(key) as [string[], [number, number] | null];
    if (range === null || refined === undefined) return curves;
    const merged = fewer.map((name) => [name, spliced(curves[name], refined[name], range)] as const);
    return { ...curves, ...Object.fromEntries(merged.filter((one): one is readonly [string, Curve] => one[1] !== undefined)) };
  }, [curves, refined, key]);
}

/** Points outside of the range from the overview, inside of it from the refined curve. */
function spliced(curve: Curve | undefined, fine: Curve | undefined, [from, to]: readonly [number, number]): Curve | undefined {
  if (!curve || !fine || fine.steps.length === 0) return curve;
  const parts = [
    { of: curve, keep: (step: number) => step < from },
    { of: fine, keep: (step: number) => step >= from && step <= to },
    { of: curve, keep: (step: number) => step > to },
  ].flatMap(({ of, keep }) => of.steps.flatMap((step, index) => (keep(step) ? [{ step, value: of.values[index] ?? null, time: of.times?.[index] ?? null }] : [])));
  const total = curve.total === undefined ? {} : { total: curve.total };
  return { steps: parts.map((one) => one.step), values: parts.map((one) => one.value), times: parts.map((one) => one.time), ...total };
}

function drawing(shown: readonly (readonly [string, Curve])[], view: CurvesView, startedAt: number, interruptions: readonly number[], titleOf: (name: string) => string, smoothedName: string) {
  const points = shown.map(([, curve]) => pointsOf(curve, view.axis, startedAt, interruptions));
  const usable = (values: readonly (number | null)[]) => (view.logarithmic ? values.map((value) => (value !== null && value > 0 ? value : null)) : [...values]);
  const raw = points.map((one) => ({ ...one, y: usable(one.y) }));
  const smooth = view.smoothing !== "none";
  const soft = smooth ? points.map((one) => ({ ...one, y: usable(smoothed(one.y, view.smoothing, view.strength)) })) : [];
  const look = (index: number) => ({ color: colorOf(index), ...(index === 0 ? {} : { dash: dashOf(index) }) });
  const lines = [
    ...shown.map(([name], index) => ({ label: titleOf(name), faint: smooth, ...look(index) })),
    ...(smooth ? shown.map(([name], index) => ({ label: smoothedName.replace("{{name}}", titleOf(name)), faint: false, ...look(index) })) : []),
  ];
  return { points, lines, data: aligned([...raw, ...soft]) };
}
