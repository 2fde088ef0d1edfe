import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import type { DatasetVersion } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useStateAvailability } from "./api";
import css from "./Datasets.module.css";

/** When the values of each input column become known. A change creates a version with the same rows. */
export function AvailabilityCard({ dataset }: { dataset: DatasetVersion }) {
  const { t } = useTranslation();
  const session = useSession();
  const [, setSearch] = useSearchParams();
  const state = useStateAvailability(dataset.name);
  const stated: Record<string, string> = dataset.dataset_schema.available_after;
  const [typed, setTyped] = useState<Record<string, string>>({});
  const { features } = dataset.dataset_schema;
  if (features.length === 0) return null;
  const changed = features.filter((column) => typed[column] !== undefined && typed[column].trim() !== (stated[column] ?? ""));
  const editable = mayWrite(session) && !dataset.deleted_at;

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const columns = Object.fromEntries(changed.map((column) => [column, typed[column]?.trim() || null]));
    state.mutate(
      { version: dataset.version, columns },
      {
        onSuccess: (made) => {
          setTyped({});
          setSearch({ version: String(made.version) });
        },
      },
    );
  };

  return (
    <Card title={t("availability.title")} note={t("availability.note")}>
      <form onSubmit={submit} className={css["form"]} data-testid="availability">
        <div className={css["two"]}>
          {features.map((column) =>
            editable ? (
              <TextField
                key={column}
                label={column}
                name={column}
                value={typed[column] ?? stated[column] ?? ""}
                placeholder={t("availability.unstated")}
                onChange={(value) => setTyped((all) => ({ ...all, [column]: value }))}
              />
            ) : (
              <p key={column}>
                {column}: <span className={css["soft"]}>{stated[column] ?? t("availability.unstated")}</span>
              </p>
            ),
          )}
        </div>
        {editable ? <p className={css["soft"]}>{t("availability.how")}</p> : null}
        {state.error ? <ErrorNotice error={state.error} /> : null}
        {editable ? (
          <div className={css["ways"]}>
            <Button type="submit" disabled={changed.length === 0} pending={state.isPending}>
              {t("availability.save")}
            </Button>
          </div>
        ) : null}
      </form>
    </Card>
  );
}
