import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { get, part } from "../../api/client";
import type { ModelVersion } from "../../api/types";
import { datasetQuery } from "../../datasets/api";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Field } from "../../ui/forms/Field";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { csvOf, rowsOf, type ReadRows } from "./csv";
import css from "./Predict.module.css";

const NEWEST = 200;
/** More than the largest request that the platform takes. */
const MOST_BYTES = 20_000_000;

interface RowsFieldProps {
  version: ModelVersion;
  series: string | null;
  text: string;
  onChange: (text: string) => void;
}

/** The rows of a text as they would be sent; null while the text is empty or has a fault. */
export function readText(text: string, version: ModelVersion): ReadRows | null {
  if (text.trim() === "") return null;
  const read = rowsOf(text, version.data_schema);
  return "rows" in read ? read : null;
}

/** Recent rows for a forecast: a CSV file, text, or the newest rows of the dataset to edit. */
export function RowsField({ version, series, text, onChange }: RowsFieldProps) {
  const { t } = useTranslation();
  const { bytes, count } = useFormats();
  const client = useQueryClient();
  const [file, setFile] = useState<string | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [tooLarge, setTooLarge] = useState<string | null>(null);
  const [filling, setFilling] = useState(false);
  const schema = version.data_schema;
  const read = text.trim() === "" ? null : rowsOf(text, schema);
  const names = [...(schema.time === null ? [] : [schema.time]), schema.target, ...schema.features];
  const take = (chosen: File | null | undefined) => {
    if (!chosen) return;
    setTooLarge(chosen.size > MOST_BYTES ? t("predictForm.tooLarge", { name: chosen.name, size: bytes(chosen.size), most: bytes(MOST_BYTES) }) : null);
    if (chosen.size > MOST_BYTES) return;
    void chosen.text().then((content) => {
      setFile(chosen.name);
      onChange(content);
    });
  };
  const fill = async () => {
    setFilling(true);
    setError(null);
    try {
      const id = version.dataset_id ?? "";
      const dataset = await client.query(datasetQuery(id, null));
      const page = (offset: number, limit: number) => get(`/datasets/${part(id)}/table`, { version: dataset.version, offset, limit, series });
      const { total } = await page(0, 1);
      const table = await page(Math.max(0, total - NEWEST), NEWEST);
      const places = names.map((name) => table.columns.indexOf(name));
      setFile(null);
      onChange(csvOf(names, table.rows.map((row) => places.map((place) => row[place] ?? null))));
    } catch (problem) {
      setError(problem);
    } finally {
      setFilling(false);
    }
  };
  const fault = read !== null && "code" in read ? t(`predictForm.faults.${read.code}`, { line: read.line ?? 0, ...read.values }) : null;
  return (
    <div className={css["rows"]}>
      <DropZone
        className={css["drop"] ?? ""}
        aria-label={t("predictForm.file")}
        onDrop={(event) => {
          const item = event.items.find((one) => one.kind === "file");
          if (item) void item.getFile().then(take);
        }}
      >
        <FileTrigger acceptedFileTypes={[".csv", "text/csv", ".txt", ".tsv"]} onSelect={(files) => take(files?.[0])}>
          <Button testId="choose-csv">{t("predictForm.choose")}</Button>
        </FileTrigger>
        {version.dataset_id === null ? null : (
          <Button pending={filling} onPress={() => void fill()} testId="fill-rows">
            {t("predictForm.fill")}
          </Button>
        )}
        <span role="status">{file ?? t("predictForm.drop")}</span>
      </DropZone>
      {tooLarge === null ? null : <Notice tone="bad" role="alert">{tooLarge}</Notice>}
      {error ? <ErrorNotice error={error} /> : null}
      <Field label={t("predictForm.rows")} hint={t("predictForm.rowsHint", { columns: names.join(", "), zone: schema.timezone })} error={fault}>
        {(control) => (
          <textarea {...control} className={css["text"]} rows={8} value={text} spellCheck={false} data-testid="rows-text" onChange={(event) => { setFile(null); onChange(event.target.value); }} />
        )}
      </Field>
      {read !== null && "rows" in read ? (
        <p className={css["soft"]} role="status" data-testid="rows-read">
          {t("predictForm.read", { count: read.rows.length, shown: count(read.rows.length) })}
          {read.unused.length > 0 ? ` ${t("predictForm.unused", { columns: read.unused.join(", ") })}` : null}
        </p>
      ) : null}
    </div>
  );
}
