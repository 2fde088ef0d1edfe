import { useQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../../../api/types";
import { useFormats } from "../../../language/useFormats";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import text from "../../../ui/Content.module.css";
import { CheckField, SelectField, TextField } from "../../../ui/forms/Field";
import { ErrorNotice } from "../../../ui/Notice";
import { Toolbar } from "../../../ui/Toolbar";
import { isOfMachine, type Curves } from "../../curves/curves";
import { hasEnded } from "../../live";
import { CHARTS, pointsQuery, seriesQuery } from "./api";
import { ChartCard } from "./ChartCard";
import type { Range } from "./CurveChart";
import css from "./Curves.module.css";
import { saveFile } from "./download";
import { csvOf, interruptionsOf, pointsOf, prefixOf } from "./points";
import { moveRange, useCurvesView, type CurvesView } from "./view";

/** All curves of a run as small multiples that share one cursor and one range; thousands of them are searched and paged. */
export function CurvesTab({ run, curves }: { run: RunDetail; curves: Curves }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [view, change] = useCurvesView();
  const [typed, setTyped] = useState("");
  const search = useDeferredValue(typed.trim());
  const [pages, setPages] = useState<readonly (string | null)[]>([null]);
  const live = !hasEnded(run.state);
  const list = useQuery(seriesQuery(run.id, search, pages.at(-1) ?? null, live));
  // A short list is known from the run; its charts do not wait for the request.
  const known = search === "" && run.metric_series_total <= CHARTS ? run.metric_series : null;
  const listed = useMemo(() => (list.data?.items.map(({ name }) => name) ?? [...(known ?? [])].sort()).filter((name) => !isOfMachine(name)), [list.data, known]);
  const unknown = useMemo(() => listed.filter((name) => !(name in curves)), [listed, curves]);
  const loaded = useQuery(pointsQuery(run.id, unknown, null, live)).data;
  const all = useMemo(() => ({ ...loaded, ...curves }), [loaded, curves]);
  const startedAt = run.started_at === null ? 0 : Date.parse(run.started_at);
  const interruptions = useMemo(() => interruptionsOf(run.attempts), [run.attempts]);
  // The tab "System" shows those of the machine.
  const total = (list.data?.total ?? 0) - run.metric_series.filter((name) => isOfMachine(name) && name.toLowerCase().includes(search.toLowerCase())).length;
  const groups = useMemo(() => grouped(listed), [listed]);
  const first = (pages.length - 1) * CHARTS;

  const find = (value: string) => {
    setTyped(value);
    setPages([null]);
  };
  const whole = (): Range => extent(listed.flatMap((name) => (all[name] ? [pointsOf(all[name], view.axis, startedAt, []).x] : [])));

  return (
    <Card>
      <div className={css["controls"]}>
        <TextField label={t("runCurves.search")} value={typed} onChange={find} testId="curve-search" />
        <ViewFields view={view} change={change} />
      </div>
      <div className={css["line"]}>
        <Toolbar label={t("runCurves.tools")}>
          <Button small onPress={() => change({ range: moveRange(view.range, whole(), { zoom: 0.5 }) })}>{t("runCurves.zoomIn")}</Button>
          <Button small onPress={() => change({ range: moveRange(view.range, whole(), { zoom: 2 }) })}>{t("runCurves.zoomOut")}</Button>
          <Button small onPress={() => change({ range: moveRange(view.range, whole(), { shift: -0.25 }) })}>{t("runCurves.left")}</Button>
          <Button small onPress={() => change({ range: moveRange(view.range, whole(), { shift: 0.25 }) })}>{t("runCurves.right")}</Button>
          <Button small disabled={view.range === null} onPress={() => change({ range: null })} testId="curves-all">{t("runCurves.all")}</Button>
          <Button small onPress={() => saveFile(`${run.name}.csv`, new Blob([csvOf(listed.flatMap((name) => (all[name] ? [[name, all[name]] as const] : [])))], { type: "text/csv" }))}>
            {t("runCurves.csvAll")}
          </Button>
        </Toolbar>
        <p className={text["soft"]} role="status" data-testid="curves-found">
          {list.data ? t("runCurves.found", { count: total, shown: count(total) }) : ""}
        </p>
      </div>
      {list.error ? <ErrorNotice error={list.error} /> : null}
      {list.data && listed.length === 0 ? <p className={text["soft"]}>{search === "" ? t(live ? "curves.notYet" : "curves.never") : t("runCurves.nothing")}</p> : null}
      {groups.map(([prefix, names]) => (
        <section key={prefix} aria-label={prefix === "" ? t("runCurves.other") : prefix}>
          {groups.length > 1 || prefix !== "" ? <h3 className={css["group"]} dir="auto">{prefix === "" ? t("runCurves.other") : prefix}</h3> : null}
          <div className={css["charts"]}>
            {(view.layout === "group" ? [names] : names.map((name) => [name])).map((together) => (
              <ChartCard
                key={together.join("\n")}
                runId={run.id}
                title={together.length > 1 ? prefix || t("runCurves.other") : (together[0] ?? "")}
                heading={prefix !== "" && together.length === 1 && together[0]?.startsWith(`${prefix}/`) ? together[0].slice(prefix.length + 1) : undefined}
                names={together}
                curves={all}
                view={view}
                startedAt={startedAt}
                interruptions={interruptions}
                onRange={(range) => change({ range })}
                live={live}
                testId={`curve-${together[0] ?? ""}`}
              />
            ))}
          </div>
        </section>
      ))}
      {pages.length > 1 || list.data?.next ? (
        <div className={css["line"]}>
          <Button disabled={pages.length === 1} onPress={() => setPages(pages.slice(0, -1))}>{t("runCurves.previous")}</Button>
          <span className={text["soft"]}>{t("runCurves.page", { from: count(first + 1), to: count(first + (list.data?.items.length ?? 0)), all: count(total) })}</span>
          <Button disabled={!list.data?.next} onPress={() => setPages([...pages, list.data?.next ?? null])} testId="curves-next">{t("runCurves.next")}</Button>
        </div>
      ) : null}
      {listed.length > 0 ? <p className={text["footnote"]}>{t("runCurves.hint")}</p> : null}
    </Card>
  );
}

function ViewFields({ view, change }: { view: CurvesView; change: (part: Partial<CurvesView>) => void }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  return (
    <>
      <SelectField label={t("runCurves.smoothing")} value={view.smoothing} onChange={(smoothing) => change({ smoothing })} options={(["none", "ema", "window"] as const).map((value) => ({ value, label: t(`runCurves.smoothings.${value}`) }))} testId="smoothing" />
      {view.smoothing === "none" ? null : (
        <label className={css["slider"]}>
          <span>
            {t("runCurves.strength")} {percent(view.strength)}
          </span>
          <input type="range" min={0} max={0.99} step={0.01} value={view.strength} onChange={(event) => change({ strength: Number(event.target.value) })} />
        </label>
      )}
      <SelectField label={t("runCurves.axis")} value={view.axis} onChange={(axis) => change({ axis, range: null })} options={(["step", "elapsed", "clock"] as const).map((value) => ({ value, label: t(`runCurves.axes.${value}`) }))} testId="curves-axis" />
      <SelectField label={t("runCurves.layout")} value={view.layout} onChange={(layout) => change({ layout })} options={(["each", "group"] as const).map((value) => ({ value, label: t(`runCurves.layouts.${value}`) }))} testId="curves-layout" />
      <CheckField label={t("runCurves.log")} checked={view.logarithmic} onChange={(logarithmic) => change({ logarithmic })} />
    </>
  );
}

/** Names by prefix, in the order of the first name of each. */
function grouped(names: readonly string[]): [string, string[]][] {
  const found = new Map<string, string[]>();
  for (const name of names) found.set(prefixOf(name), [...(found.get(prefixOf(name)) ?? []), name]);
  return [...found];
}

function extent(columns: readonly (readonly number[])[]): Range {
  const [first, last] = [columns.map((column) => column[0] ?? Infinity), columns.map((column) => column.at(-1) ?? -Infinity)];
  const [from, to] = [Math.min(...first), Math.max(...last)];
  return from < to ? [from, to] : [0, 1];
}
