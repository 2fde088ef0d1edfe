import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Feed } from "../api/types";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField, TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useCut } from "./api";
import css from "./Feeds.module.css";

/** Form that makes a dataset version of a range. */
export function CutCard({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const cut = useCut(feed.id);
  const numbers = feed.columns.filter((column) => !column.classes).map((column) => column.name);
  const [dataset, setDataset] = useState(feed.name);
  const [target, setTarget] = useState(numbers[0] ?? "");
  const [start, setStart] = useState("");
  const [end, setEnd] = useState("");
  if (!mayWrite(session) || feed.rows === 0 || numbers.length === 0) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    cut.mutate({
      dataset: dataset.trim() === "" ? null : dataset.trim(),
      target,
      start: start === "" ? null : new Date(start).toISOString(),
      end: end === "" ? null : new Date(end).toISOString(),
    });
  };
  return (
    <Card title={t("feeds.cut")} note={t("feeds.cutNote")}>
      <form onSubmit={submit} className={css["form"]} noValidate data-testid="cut-feed">
        <div className={css["two"]}>
          <TextField label={t("feeds.dataset")} value={dataset} onChange={setDataset} />
          <SelectField label={t("feeds.target")} value={target} onChange={setTarget} options={numbers.map((value) => ({ value, label: value }))} />
          <TextField label={t("feeds.from")} hint={t("feeds.fromHint")} isMoment value={start} onChange={setStart} />
          <TextField label={t("feeds.until")} hint={t("feeds.untilHint")} isMoment value={end} onChange={setEnd} />
        </div>
        {cut.error ? <ErrorNotice error={cut.error} /> : null}
        {cut.data ? (
          <p role="status">
            {t("feeds.cutDone", { count: cut.data.rows })} <Link href={paths.dataset(cut.data.name)}>{`${cut.data.name} v${String(cut.data.version)}`}</Link>
          </p>
        ) : null}
        <div>
          <Button type="submit" look="primary" pending={cut.isPending}>
            {t("feeds.makeDataset")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
