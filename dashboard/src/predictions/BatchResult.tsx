import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { address, get, part, readText } from "../api/client";
import type { RunDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { cellsOf } from "../models/predict/csv";
import { usePaths, useSession } from "../projects/session";
import { runQuery } from "../runs/api";
import text from "../ui/Content.module.css";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Skeleton } from "../ui/Skeleton";
import { Table, tableCss } from "../ui/Table";
import { classCounts, learnedRows, lineOf, valuesOf, type BatchTable } from "./batch";
import css from "./Predictions.module.css";

const TestPlot = lazy(() => import("../charts/TestPlot"));

/** Larger tables are drawn from their first rows; the whole is downloaded. */
const MOST_BYTES = 8_000_000;
const MOST_CHOICES = 200;
const SHOWN_ROWS = 50;

/** What a batch run predicted: its scores beside those of the naive forecast, a chart, the first rows, and the files. */
export default function BatchResult({ id }: { id: string }) {
  const run = useQuery(runQuery(id));
  if (run.error) return <ErrorNotice error={run.error} />;
  return run.data ? <Result run={run.data} /> : <Skeleton height={280} />;
}

function Result({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { bytes } = useFormats();
  const paths = usePaths();
  const { slug } = useSession();
  const files = run.artifacts.filter(({ name }) => /^predictions(-partial)?\.(csv|parquet)$/.test(name));
  const file = files.find(({ name }) => name.endsWith(".csv"));
  const url = (name: string) => address(`/runs/${part(run.id)}/artifacts/${part(name)}`, { project: slug });
  const table = useQuery({
    queryKey: ["run", run.id, "batch", file?.sha256],
    enabled: file !== undefined,
    staleTime: Infinity,
    gcTime: 60_000,
    queryFn: async ({ signal }): Promise<BatchTable & { total: number }> => {
      const name = file?.name ?? "";
      if ((file?.bytes ?? 0) <= MOST_BYTES) {
        const [head, ...body] = cellsOf(await readText(url(name), signal)) ?? [];
        return { columns: head?.cells ?? [], rows: body.map(({ cells }) => cells), total: body.length };
      }
      const preview = await get(`/runs/${part(run.id)}/previews/${part(name)}`, {}, signal);
      return { columns: preview.columns ?? [], rows: preview.rows ?? [], total: preview.total_rows ?? preview.rows?.length ?? 0 };
    },
  });
  return (
    <section aria-label={t("batch.result")} data-testid="batch-result" className={css["batch"]}>
      {run.error ? <Notice tone="bad">{run.error.message}</Notice> : null}
      {run.summary?.kind === "predict" ? <Scores summary={run.summary} /> : null}
      {table.error ? <ErrorNotice error={table.error} /> : null}
      {table.isLoading ? <Skeleton height={280} /> : null}
      {table.data ? <Drawn table={table.data} total={table.data.total} /> : null}
      {file === undefined ? <p className={text["soft"]}>{t("batch.noFile")}</p> : null}
      <p className={text["soft"]}>
        {files.map(({ name, bytes: size }) => (
          <span key={name}>
            <a href={url(name)} download>
              {name}
            </a>{" "}
            ({bytes(size)}) ·{" "}
          </span>
        ))}
        <Link href={paths.run(run.id)}>{t("batch.toRun")}</Link>
      </p>
    </section>
  );
}

type Summary = Extract<NonNullable<RunDetail["summary"]>, { kind: "predict" }>;

function Scores({ summary }: { summary: Summary }) {
  const { t } = useTranslation();
  const { count, number, percent } = useFormats();
  const scores = "scores" in summary ? summary.scores : null;
  const known = (name: string) => scores?.[name] ?? null;
  return (
    <p>
      {t("batch.done", { version: summary.version, shown: count(summary.rows), count: summary.rows })}{" "}
      {scores === null
        ? t("batch.noScores")
        : known("mae") !== null
          ? t("batch.mae", { shown: count(known("rows")), mae: number(known("mae")), naive: number(known("naive_mae")) })
          : t("batch.accuracy", { shown: count(known("rows")), accuracy: percent(known("accuracy"), 1), majority: percent(known("majority"), 1) })}
    </p>
  );
}

function Drawn({ table, total }: { table: BatchTable; total: number }) {
  const { t } = useTranslation();
  const { count, percent } = useFormats();
  const steps = valuesOf(table, "step", MOST_CHOICES);
  const names = valuesOf(table, "series", MOST_CHOICES);
  const [step, setStep] = useState(steps[0] ?? "");
  const [series, setSeries] = useState<string | null>(names[0] ?? null);
  const line = lineOf(table, step, series);
  const classes = classCounts(table);
  const learned = learnedRows(table);
  const most = Math.max(1, ...classes.map(({ predicted }) => predicted));
  return (
    <>
      {line === null ? null : (
        <>
          <div className={css["actions"]}>
            {names.length > 1 ? <Choice label={t("series.one")} values={names} value={series ?? ""} onChange={setSeries} /> : null}
            {steps.length > 1 ? <Choice label={t("batch.step")} values={steps} value={step} onChange={setStep} /> : null}
          </div>
          <Suspense fallback={<Skeleton height={280} />}>
            <TestPlot key={`${step} ${series ?? ""}`} test={{ ...line, predicted: line.predicted.map((value) => value ?? NaN), low: null, high: null, horizon: Number(step) || 1 }} interval={null} series={null} />
          </Suspense>
        </>
      )}
      {classes.length > 0 ? (
        <Table caption={t("batch.classes")} testId="batch-classes">
          <thead>
            <tr>
              <th scope="col">{t("batch.class")}</th>
              <th scope="col" className={tableCss["number"]}>{t("batch.predicted")}</th>
              <th scope="col">
                <span className="visually-hidden">{t("batch.share")}</span>
              </th>
              <th scope="col" className={tableCss["number"]}>{t("batch.right")}</th>
            </tr>
          </thead>
          <tbody>
            {classes.map((each) => (
              <tr key={each.name}>
                <th scope="row" dir="auto">{each.name}</th>
                <td className={tableCss["number"]}>{count(each.predicted)}</td>
                <td className={css["track"]} aria-hidden="true">
                  <span style={{ width: `${String((each.predicted / most) * 100)}%` }} />
                </td>
                <td className={tableCss["number"]}>{each.labelled === 0 ? "–" : percent(each.right / each.labelled, 1)}</td>
              </tr>
            ))}
          </tbody>
        </Table>
      ) : null}
      {learned > 0 ? <p className={text["footnote"]}>{t("batch.learned", { shown: count(learned), all: count(table.rows.length) })}</p> : null}
      <details className={text["disclosure"]}>
        <summary>{t("batch.asTable")}</summary>
        <Table caption={t("batch.asTable")}>
          <thead>
            <tr>
              {table.columns.map((name) => (
                <th key={name} scope="col">{name}</th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.rows.slice(0, SHOWN_ROWS).map((row, index) => (
              <tr key={index}>
                {row.map((cell, place) => (
                  <td key={place} dir="auto">{cell === null || cell === "" ? "–" : cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </details>
      <p className={text["footnote"]}>{t(table.rows.length < total ? "batch.partOf" : "batch.allRows", { shown: count(table.rows.length), all: count(total), first: count(Math.min(SHOWN_ROWS, table.rows.length)) })}</p>
    </>
  );
}

function Choice({ label, values, value, onChange }: { label: string; values: readonly string[]; value: string; onChange: (value: string) => void }) {
  return (
    <label className={text["choices"]}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {values.map((each) => (
          <option key={each}>{each}</option>
        ))}
      </select>
    </label>
  );
}
