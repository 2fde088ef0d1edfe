import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useLocation, useSearchParams } from "wouter";

import type { Appended, DatasetVersion } from "../api/types";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useStartRun } from "../runs/api";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField } from "../ui/Field";
import { ErrorNotice } from "../ui/Notice";
import { useAppend, useSetRevisions } from "./api";
import css from "./Datasets.module.css";
import { FindingList } from "./FindingList";

const FROM_A_FILE = "file";

/** Rows for the newest version: from a file, or from the dataset's source. They make the next version. */
export function AddRowsCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const [, setSearch] = useSearchParams();
  const append = useAppend(dataset.name);
  const refresh = useStartRun();
  const policy = useSetRevisions(dataset.name);
  const [added, setAdded] = useState<Appended | null>(null);
  if (dataset.dataset_schema.time === null || !mayWrite(session) || dataset.deleted_at) return null;

  const send = (file: File | undefined) => {
    setAdded(null);
    if (file === undefined) return;
    append.mutate(file, {
      onSuccess: (answer) => {
        setAdded(answer);
        setSearch({ version: String(answer.version.version) });
      },
    });
  };
  const error = append.error ?? refresh.error ?? policy.error;

  return (
    <Card title={t("addRows.title")} note={t("addRows.note")}>
      <div className={css["form"]} data-testid="add-rows">
        <div className={css["ways"]}>
          <FileTrigger acceptedFileTypes={[".csv", ".tsv", ".txt", ".parquet", ".xlsx"]} onSelect={(files) => send(files?.[0])}>
            <Button pending={append.isPending}>{t("addRows.file")}</Button>
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
        <SelectField
          label={t("addRows.revisions")}
          value={dataset.revisions}
          onChange={(value) => policy.mutate(value === "accept" ? "accept" : "refuse")}
          options={(["refuse", "accept"] as const).map((value) => ({ value, label: t(`addRows.${value}`) }))}
        />
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
