import { useState, type SubmitEvent } from "react";
import { DropZone, FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import type { DatasetVersion } from "../api/types";
import { useFormState } from "../projects/draft";
import { TooLarge, useTooLarge } from "../projects/TooLarge";
import { problemsByField } from "../runs/start/form";
import { Button } from "../ui/Button";
import { DialogActions } from "../ui/Dialog";
import { SelectField, TextField } from "../ui/forms/Field";
import { Restored } from "../ui/forms/Restored";
import { ErrorNotice } from "../ui/Notice";
import { useUpload, type UploadOptions } from "./api";
import css from "./Datasets.module.css";
import { likelyTime, readHeader, type Header } from "./header";
import { PreviewPanel } from "./PreviewPanel";
import { SheetField, isWorkbook } from "./SheetField";

const EMPTY: UploadOptions = { time: "", target: "" };

/** The choices of each rule; the first is the platform's default. The default is not sent, so that page, command line and API read a file in the same way. */
const RULES = {
  duplicates: ["error", "first", "last", "mean"],
  missing: ["error", "forward_fill", "drop"],
  gaps: ["auto", "forward_fill", "keep", "error"],
} as const;

/** A chosen file with its header, which is null if it is not text. */
export interface ReadFile {
  file: File;
  header: Header | null;
}

function likelyColumns(header: Header | null): { time: string; target: string } {
  const time = header === null ? "" : likelyTime(header.columns);
  return { time, target: header?.columns.find((column) => column !== time) ?? "" };
}

/** Return the options for a file: columns that were chosen before stay only if the file has them. */
function fitted(options: UploadOptions, header: Header | null): UploadOptions {
  if (header === null) return options;
  const has = (column: string | undefined) => header.columns.includes(column ?? "");
  const columns = has(options.time) && has(options.target) ? {} : likelyColumns(header);
  return { ...options, ...columns, ...(has(options["series"]) ? {} : { series: "" }) };
}

/** Form that uploads a CSV, Parquet or Excel file and assigns its columns. */
export function UploadForm({ onAdded, onClose, dropped = null }: { onAdded: (added: DatasetVersion) => void; onClose: () => void; dropped?: ReadFile | null }) {
  const { t } = useTranslation();
  const upload = useUpload();
  const tooLarge = useTooLarge();
  const [file, setFile] = useState<File | null>(dropped?.file ?? null);
  const [header, setHeader] = useState<Header | null>(dropped?.header ?? null);
  const form = useFormState("upload", EMPTY);
  const options = fitted(form.value, header);
  const problems = upload.error instanceof Problem ? problemsByField(upload.error.fields, ["name", "time", "target", "series", "groups", "incumbent", "incumbent_made_at", "timezone", "unit", "available_after", ...Object.keys(RULES)]) : {};
  const set = (name: keyof UploadOptions) => (value: string) => form.change({ [name]: value });

  const choose = async (chosen: File | null) => {
    setFile(chosen);
    upload.reset();
    const found = chosen === null ? null : await readHeader(chosen);
    setHeader(found);
    form.change({ sheet: "" });
  };

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation(); // the dialog stands inside the form of a new run
    if (file === null || tooLarge(file) || options.time === "" || options.target === "") return;
    upload.mutate(
      { file, options: chosenOnly(options) },
      {
        onSuccess: (added) => {
          form.forget();
          onAdded(added);
        },
      },
    );
  };

  const column = (name: "time" | "target") => {
    const shared = { label: t(`datasets.${name}`), value: options[name], onChange: set(name), name, error: problems[name] };
    return header === null ? (
      <TextField {...shared} />
    ) : (
      <SelectField {...shared} options={header.columns.map((value) => ({ value, label: value }))} />
    );
  };

  return (
    <form onSubmit={submit} className={css["form"]}>
      <Restored shown={form.isRestored} onRestart={form.restart} />
      <DropZone
        className={css["drop"] ?? ""}
        aria-label={t("datasets.file")}
        onDrop={(event) => {
          const item = event.items.find((one) => one.kind === "file");
          if (item) void item.getFile().then(choose);
        }}
      >
        <FileTrigger acceptedFileTypes={[".csv", ".tsv", ".txt", ".parquet", ".xlsx"]} onSelect={(files) => void choose(files?.[0] ?? null)}>
          <Button>{t("datasets.chooseFile")}</Button>
        </FileTrigger>
        <span role="status">{file?.name ?? t("datasets.fileHint")}</span>
      </DropZone>
      <div className={css["two"]}>
        {column("time")}
        {column("target")}
        {isWorkbook(file) ? <SheetField value={options["sheet"] ?? ""} onChange={set("sheet")} hint={t("datasets.sheetHint")} error={upload.error} /> : null}
        <TextField label={t("datasets.name")} hint={t("datasets.nameHint")} value={options.name ?? ""} onChange={set("name")} name="name" error={problems["name"]} />
        <TextField label={t("datasets.unit")} hint={t("datasets.unitHint")} value={options.unit ?? ""} onChange={set("unit")} name="unit" error={problems["unit"]} />
        {header === null ? (
          <TextField label={t("datasets.series")} hint={t("datasets.seriesHint")} value={options.series ?? ""} onChange={set("series")} name="series" error={problems["series"]} />
        ) : (
          <SelectField
            label={t("datasets.series")}
            value={options.series ?? ""}
            onChange={set("series")}
            error={problems["series"]}
            options={[{ value: "", label: t("datasets.oneSeries") }, ...header.columns.map((value) => ({ value, label: value }))]}
          />
        )}
      </div>
      <details>
        <summary className={css["summary"]}>{t("datasets.rules")}</summary>
        <div className={css["two"]}>
          <TextField label={t("datasets.groups")} hint={t("datasets.groupsHint")} value={options["groups"] ?? ""} onChange={set("groups")} name="groups" error={problems["groups"]} />
          <TextField label={t("datasets.incumbent")} hint={t("datasets.incumbentHint")} value={options["incumbent"] ?? ""} onChange={set("incumbent")} name="incumbent" error={problems["incumbent"]} />
          <TextField label={t("datasets.incumbentMadeAt")} hint={t("datasets.incumbentMadeAtHint")} value={options["incumbent_made_at"] ?? ""} onChange={set("incumbent_made_at")} name="incumbent_made_at" error={problems["incumbent_made_at"]} />
          <TextField label={t("datasets.timezone")} hint={t("datasets.timezoneHint")} value={options.timezone ?? ""} onChange={set("timezone")} name="timezone" error={problems["timezone"]} />
          <TextField
            label={t("availability.title")}
            hint={t("availability.uploadHint")}
            value={options["available_after"] ?? ""}
            onChange={set("available_after")}
            name="available_after"
            error={problems["available_after"]}
          />
          {(Object.keys(RULES) as (keyof typeof RULES)[]).map((rule) => (
            <SelectField
              key={rule}
              label={t(`datasets.${rule}`)}
              value={options[rule] ?? ""}
              onChange={set(rule)}
              error={problems[rule]}
              options={RULES[rule].map((value, index) => ({ value: index === 0 ? "" : value, label: t(`rules.${value}`) }))}
            />
          ))}
        </div>
      </details>
      {file === null ? null : tooLarge(file) ? <TooLarge file={file} /> : <PreviewPanel key={`${file.name} ${String(file.size)}`} file={file} options={previewOptions(options)} onCorrect={(option, value) => set(option)(value)} />}
      {upload.error ? <ErrorNotice error={upload.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("common.close")}</Button>
        <Button look="primary" type="submit" disabled={file === null || tooLarge(file) || options.time === "" || options.target === ""} pending={upload.isPending}>
          {t("datasets.add")}
        </Button>
      </DialogActions>
    </form>
  );
}

/** The options without the fields that were left empty: the platform's defaults apply to those. */
function chosenOnly(options: UploadOptions): Record<string, unknown> {
  const column = { time: options.time, target: options.target }; // a column's name may begin with a space
  const rest = Object.entries(options).filter(([name, value]) => !(name in column) && value.trim() !== "");
  const sent = (name: string, value: string) => (name === "series" ? value : name === "available_after" ? statements(value) : name === "groups" ? columns(value) : value.trim());
  return { ...Object.fromEntries(rest.map(([name, value]) => [name, sent(name, value)])), ...column };
}

/** The options chosen so far: the platform detects time and target columns that are still empty. */
function previewOptions(options: UploadOptions): Record<string, unknown> {
  return Object.fromEntries(Object.entries(chosenOnly(options)).filter(([, value]) => value !== ""));
}

/** `region, store` as a list. */
function columns(typed: string): string[] {
  return typed.split(",").map((name) => name.trim()).filter((name) => name !== "");
}

/** `rain = 1d; price = ahead` as statements by column; an entry without "=" is sent unchanged, and the platform returns the error. */
function statements(typed: string): Record<string, string> {
  const pairs = typed.split(";").filter((pair) => pair.trim() !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.lastIndexOf("=");
      return at < 0 ? [pair.trim(), ""] : [pair.slice(0, at).trim(), pair.slice(at + 1).trim()];
    }),
  );
}
