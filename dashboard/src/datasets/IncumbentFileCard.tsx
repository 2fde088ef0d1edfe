import { useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import type { DatasetVersion, IncumbentAdded } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { TooLarge, useTooLarge } from "../projects/TooLarge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useAddIncumbent } from "./api";
import css from "./Datasets.module.css";
import { FindingList } from "./FindingList";

const COLUMNS = ["forecast", "made_at", "time", "series"] as const;
type Column = (typeof COLUMNS)[number];

/** Adds a file of incumbent forecasts, with which every model is compared; later files add to them. */
export function IncumbentFileCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const session = useSession();
  const [, setSearch] = useSearchParams();
  const add = useAddIncumbent(dataset.name);
  const tooLarge = useTooLarge();
  const [refused, setRefused] = useState<File | null>(null);
  const [columns, setColumns] = useState<Partial<Record<Column, string>>>({});
  const [added, setAdded] = useState<IncumbentAdded | null>(null);
  const schema = dataset.dataset_schema;
  const known = schema.incumbent;
  if (schema.time === null || !mayWrite(session) || dataset.deleted_at || (known && !known.file)) return null;

  const send = (file: File | undefined) => {
    setAdded(null);
    const large = file !== undefined && tooLarge(file);
    setRefused(large ? file : null);
    if (file === undefined || large) return;
    const options = Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== ""));
    add.mutate(
      { file, options },
      {
        onSuccess: (answer) => {
          setAdded(answer);
          setSearch({ version: String(answer.version.version) });
        },
      },
    );
  };
  const usual: Record<Column, string> = {
    forecast: known?.forecast ?? "",
    made_at: known?.made_at ?? "",
    time: known?.time ?? schema.time,
    series: known?.series ?? schema.series ?? "",
  };

  return (
    <Card title={t("incumbentFile.title")} note={t("incumbentFile.note")}>
      <div className={css["form"]} data-testid="incumbent-file">
        <div className={css["two"]}>
          {COLUMNS.filter((name) => name !== "series" || schema.series !== null).map((name) => (
            <TextField
              key={name}
              label={t(`incumbentFile.${name}`)}
              value={columns[name] ?? usual[name]}
              onChange={(value) => setColumns((all) => ({ ...all, [name]: value }))}
              name={name}
            />
          ))}
        </div>
        <div className={css["ways"]}>
          <FileTrigger acceptedFileTypes={[".csv", ".tsv", ".txt", ".parquet", ".xlsx"]} onSelect={(files) => send(files?.[0])}>
            <Button pending={add.isPending}>{t("incumbentFile.file")}</Button>
          </FileTrigger>
        </div>
        {refused ? <TooLarge file={refused} /> : null}
        {add.error ? <ErrorNotice error={add.error} /> : null}
        {added ? (
          <div role="status">
            <p>{t("incumbentFile.done", { forecasts: added.forecasts, added: added.added, revised: added.revised, repeated: added.repeated })}</p>
            {added.findings.length > 0 ? <FindingList findings={added.findings} /> : null}
          </div>
        ) : null}
      </div>
    </Card>
  );
}
