import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useEffect, useState } from "react";
import { useTranslation } from "react-i18next";

import type { DatasetPreview } from "../api/types";
import { rowZoneOf } from "../language/format";
import { useFormats } from "../language/useFormats";
import { Button } from "../ui/Button";
import { ErrorNotice, Notice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { previewQuery } from "./api";
import css from "./Datasets.module.css";
import { FindingList } from "./FindingList";
import { frequencyText } from "./frequency";

const ClassTable = lazy(async () => ({ default: (await import("../vision/ClassTable")).ClassTable }));
const SameImages = lazy(async () => ({ default: (await import("./SameImages")).SameImages }));
const RowsPlot = lazy(() => import("../charts/RowsPlot"));

/** Files above this size are previewed on request only, because a preview uploads the file. */
const LARGE_BYTES = 50_000_000;
const PAUSE_MS = 400;
const FIRST_ROWS = 8;

interface PreviewPanelProps {
  file: File;
  options: Record<string, unknown>;
  /** Set an option that corrects a problem. */
  onCorrect: (option: string, value: string) => void;
}

/** The columns, first rows, plot and findings of a file that is not stored yet, with the choices that correct its problems. */
export function PreviewPanel({ file, options, onCorrect }: PreviewPanelProps) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [asked, setAsked] = useState(false);
  const wanted = useSettled(options);
  const enabled = asked || file.size <= LARGE_BYTES;
  const preview = useQuery({ ...previewQuery(file, wanted), enabled, placeholderData: (previous) => previous });
  return (
    <section className={css["preview"]} aria-label={t("preview.title")} aria-busy={preview.isFetching}>
      <p className={css["soft"]} role="status">
        {preview.isFetching ? t("preview.reading") : t("preview.nothingStored")}
      </p>
      {enabled ? null : (
        <p>
          {t("preview.large", { size: count(Math.round(file.size / 1e6)) })} <Button small onPress={() => setAsked(true)}>{t("preview.show")}</Button>
        </p>
      )}
      {preview.error ? <ErrorNotice error={preview.error} /> : null}
      {preview.data && !preview.error ? <Content preview={preview.data} onCorrect={onCorrect} /> : null}
    </section>
  );
}

function Content({ preview, onCorrect }: { preview: DatasetPreview; onCorrect: PreviewPanelProps["onCorrect"] }) {
  const { t } = useTranslation();
  const { count, row } = useFormats();
  const { prepared, problem } = preview;
  const schema = prepared?.dataset_schema;
  const remedies = preview.remedies.filter(({ values }) => values.length > 0);
  return (
    <>
      {problem ? (
        <Notice tone="bad" role="alert">
          <p>{problem.message}</p>
          {problem.where ? <p className={css["soft"]}>{problem.where}</p> : null}
          {problem.next_step ? <p>{problem.next_step}</p> : null}
        </Notice>
      ) : null}
      {remedies.map(({ option, values }) => (
        <div key={option} className={css["remedy"]} role="group" aria-label={`${t("preview.fix")} ${option}`}>
          <span>
            {t("preview.fix")} <code>{option}</code>
          </span>
          {values.map((value) => (typeof value === "string" ? value : "")).map((value) => (
            <Button key={value} small onPress={() => onCorrect(option, value)}>
              {t([`rules.${value}`, "preview.value"], { defaultValue: value === "" ? "–" : value })}
            </Button>
          ))}
        </div>
      ))}
      {prepared && schema ? (
        <>
          {prepared.images ? null : <p>
            <strong>{t("preview.stored", { count: prepared.rows, shown: count(prepared.rows) })}</strong>
            {prepared.start && prepared.end ? ` · ${row(prepared.start, rowZoneOf(schema))} – ${row(prepared.end, rowZoneOf(schema))}` : null}
            {schema.frequency ? ` · ${frequencyText(schema.frequency, t)}` : null}
          </p>}
          {prepared.images ? (
            <Suspense fallback={null}>
              <p>{t("vision.about", { classes: count(prepared.images.classes.length), images: count(prepared.images.total), size: `${String(prepared.images.height)} × ${String(prepared.images.width)}`, colour: t(prepared.images.channels === 1 ? "vision.grey" : "vision.colour") })}</p>
              <ClassTable images={prepared.images} />
              <SameImages found={prepared} />
            </Suspense>
          ) : null}
          {prepared.chart ? (
            <Suspense fallback={null}>
              <RowsPlot rows={prepared.chart} column={schema.target} series={rowZoneOf(schema)} />
            </Suspense>
          ) : null}
          <FindingList findings={prepared.findings} />
        </>
      ) : null}
      {preview.columns.length > 0 ? <Columns preview={preview} /> : null}
    </>
  );
}

function Columns({ preview }: { preview: DatasetPreview }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const caption = [t("preview.columns", { count: preview.column_count, shown: count(preview.column_count) }), t("preview.rows", { count: preview.rows ?? 0, shown: count(preview.rows) })].join(" · ");
  return (
    <>
      <h3 className={css["sub"]}>{caption}</h3>
      <Table caption={caption} testId="preview-columns">
        <thead>
          <tr>
            {(["column", "type", "missing", "distinct", "lowest", "highest"] as const).map((name) => (
              <th key={name} scope="col">
                {t(`preview.${name}`)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.columns.map((column) => (
            <tr key={column.name}>
              <td dir="auto">{column.name}</td>
              <td>{t(`preview.types.${column.type}`)}</td>
              <td className={tableCss["number"]}>{count(column.missing)}</td>
              <td className={tableCss["number"]}>{count(column.distinct)}</td>
              <td>{column.lowest ?? "–"}</td>
              <td>{column.highest ?? "–"}</td>
            </tr>
          ))}
        </tbody>
      </Table>
      <h3 className={css["sub"]}>{t("preview.first")}</h3>
      <Table caption={t("preview.first")}>
        <thead>
          <tr>
            {preview.columns.filter(({ type }) => type !== "unreadable").map(({ name }) => (
              <th key={name} scope="col" dir="auto">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {preview.first.slice(0, FIRST_ROWS).map((cells, place) => (
            <tr key={place}>
              {cells.map((cell, column) => (
                <td key={column} dir="auto">
                  {cell ?? "–"}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}

/** The options once they have not changed for a moment, so that typing does not upload the file for every letter. */
function useSettled(options: Record<string, unknown>): Record<string, unknown> {
  const [settled, setSettled] = useState(options);
  const text = JSON.stringify(options);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(JSON.parse(text) as Record<string, unknown>), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
