import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation, useSearchParams } from "wouter";

import type { Appended, DatasetVersion } from "../api/types";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { TooLarge, useTooLarge } from "../projects/TooLarge";
import { useStartRun } from "../runs/api";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useAppend, useSetRevisions } from "./api";
import css from "./Datasets.module.css";
import { FindingList } from "./FindingList";
import { SheetField, isWorkbook } from "./SheetField";

const FROM_A_FILE = "file";

/** Appends rows to the newest version, from a file or the dataset's source; this creates the next version. */
export function AddRowsCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [, setSearch] = useSearchParams();
  const append = useAppend(dataset.name);
  const tooLarge = useTooLarge();
  const [refused, setRefused] = useState<File | null>(null);
  const refresh = useStartRun();
  const policy = useSetRevisions(dataset.name);
  const [added, setAdded] = useState<Appended | null>(null);
  const [workbook, setWorkbook] = useState<File | null>(null);
  const [sheet, setSheet] = useState("");
  if (dataset.dataset_schema.time === null || !mayWrite(session) || dataset.deleted_at) return null;

  const send = (file: File, options: Record<string, string>) => {
    setAdded(null);
    append.mutate(
      { file, options },
      {
        onSuccess: (answer) => {
          setWorkbook(null);
          setAdded(answer);
          setSearch({ version: String(answer.version.version) });
        },
      },
    );
  };
  /** A workbook is sent after its sheet is chosen; any other file is sent at once. */
  const choose = (file: File | undefined) => {
    append.reset();
    setAdded(null);
    setSheet("");
    const large = file !== undefined && tooLarge(file);
    setRefused(large ? file : null);
    setWorkbook(file !== undefined && !large && isWorkbook(file) ? file : null);
    if (file !== undefined && !large && !isWorkbook(file)) send(file, {});
  };
  const error = append.error ?? refresh.error ?? policy.error;

  return (
    <Card title={t("addRows.title")} note={t("addRows.note")}>
      <div className={css["form"]} data-testid="add-rows">
        <div className={css["ways"]}>
          <FileTrigger acceptedFileTypes={[".csv", ".tsv", ".txt", ".parquet", ".xlsx"]} onSelect={(files) => choose(files?.[0])}>
            <Button pending={append.isPending && workbook === null}>{t("addRows.file")}</Button>
          </FileTrigger>
          {dataset.source === FROM_A_FILE ? null : (
            <Button
              pending={refresh.isPending}
              onPress={() => refresh.mutate({ kind: "refresh", dataset: dataset.name }, { onSuccess: (run) => navigate(paths.run(run.id)) })}
            >
              {t("addRows.refresh")}
            </Button>
          )}
        </div>
        {workbook === null ? null : (
          <form
            className={css["sheet"]}
            onSubmit={(event) => {
              event.preventDefault();
              send(workbook, sheet.trim() === "" ? {} : { sheet: sheet.trim() });
            }}
          >
            <p>{workbook.name}</p>
            <SheetField value={sheet} onChange={setSheet} hint={t("addRows.sheetHint")} error={append.error} />
            <Button type="submit" look="primary" pending={append.isPending}>
              {t("addRows.send")}
            </Button>
          </form>
        )}
        <SelectField
          label={t("addRows.revisions")}
          value={dataset.revisions}
          onChange={(value) => policy.mutate(value === "accept" ? "accept" : "refuse")}
          options={(["refuse", "accept"] as const).map((value) => ({ value, label: t(`addRows.${value}`) }))}
        />
        {refused ? <TooLarge file={refused} /> : null}
        {error ? <ErrorNotice error={error} /> : null}
        {added ? (
          <div role="status">
            <p>{t("addRows.done", { added: added.rows_added, revised: added.rows_revised, repeated: added.rows_repeated })}</p>
            {added.findings.length > 0 ? <FindingList findings={added.findings} /> : null}
          </div>
        ) : null}
      </div>
    </Card>
  );
}
