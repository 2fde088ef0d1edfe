import { useQuery } from "@tanstack/react-query";
import { Suspense, lazy, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Run } from "../api/types";
import { datasetsQuery } from "../datasets/api";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { useCancelRun } from "../runs/api";
import { hasEnded } from "../runs/live";
import { MiniProgress } from "../runs/MiniProgress";
import { StateBadge } from "../runs/StateBadge";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Field } from "../ui/forms/Field";
import fieldCss from "../ui/forms/Field.module.css";
import { ErrorNotice } from "../ui/Notice";
import { Skeleton } from "../ui/Skeleton";
import { Table, tableCss } from "../ui/Table";
import { batchesQuery, usePredictAll } from "./api";
import css from "./Predictions.module.css";

const BatchResult = lazy(() => import("./BatchResult"));

const newKey = () => `batch-${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`;

/** Predictions over a whole dataset with the champion: starts a run, follows it, and draws what it predicted. */
export function BatchCard({ model, writer }: { model: string; writer: boolean }) {
  const { t } = useTranslation();
  const datasets = useQuery(datasetsQuery);
  const batches = useQuery(batchesQuery(model));
  const [dataset, setDataset] = useState("");
  const [key, setKey] = useState(newKey);
  const [open, setOpen] = useState<string | null>(null);
  const start = usePredictAll(model);
  const begin = () =>
    start.mutate(
      { dataset: dataset === "" ? null : dataset, key },
      {
        onSuccess: (run) => {
          setKey(newKey());
          setOpen(run.id);
        },
      },
    );
  const runs = batches.data?.items ?? [];
  const shown = runs.find(({ id }) => id === open);
  return (
    <Card title={t("batch.title")} note={t("batch.note")} testId="batch">
      {writer ? (
        <div className={css["actions"]}>
          <Field label={t("batch.dataset")}>
            {(control) => (
              <select {...control} className={fieldCss["input"]} value={dataset} onChange={(event) => { setDataset(event.target.value); setKey(newKey()); }}>
                <option value="">{t("batch.own")}</option>
                {datasets.data?.map((each) => (
                  <option key={each.name} value={each.name}>
                    {each.name}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <Button pending={start.isPending} onPress={begin} testId="predict-all">
            {t("batch.start")}
          </Button>
        </div>
      ) : null}
      {start.error ? <ErrorNotice error={start.error} /> : null}
      {batches.error ? <ErrorNotice error={batches.error} /> : null}
      {batches.data && runs.length === 0 ? <p className={css["soft"]}>{t("batch.none")}</p> : null}
      {runs.length > 0 ? (
        <Table caption={t("batch.runs")} testId="batches">
          <thead>
            <tr>
              <th scope="col">{t("models.run")}</th>
              <th scope="col">{t("batch.dataset")}</th>
              <th scope="col">{t("runs.state")}</th>
              <th scope="col">{t("models.when")}</th>
              <th scope="col">
                <span className="visually-hidden">{t("modelPage.actions")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {runs.map((run) => (
              <Line key={run.id} run={run} writer={writer} isOpen={run.id === open} onOpen={() => setOpen(run.id === open ? null : run.id)} />
            ))}
          </tbody>
        </Table>
      ) : null}
      {shown && hasEnded(shown.state) ? (
        <Suspense fallback={<Skeleton height={280} />}>
          <BatchResult key={shown.id} id={shown.id} />
        </Suspense>
      ) : null}
    </Card>
  );
}

function Line({ run, writer, isOpen, onOpen }: { run: Run; writer: boolean; isOpen: boolean; onOpen: () => void }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const cancel = useCancelRun(run.id);
  const ended = hasEnded(run.state);
  return (
    <tr>
      <th scope="row">
        <Link href={paths.run(run.id)}>{run.name || run.id}</Link>
      </th>
      <td>
        {run.dataset_name ?? "–"} {run.dataset_version ? <span className={tableCss["soft"]}>v{run.dataset_version}</span> : null}
      </td>
      <td className={tableCss["nowrap"]}>
        <StateBadge state={run.state} stopping={run.cancel_requested} /> {!ended ? <MiniProgress progress={run.progress} /> : null}
      </td>
      <td className={tableCss["nowrap"]}>{moment(run.created_at)}</td>
      <td className={tableCss["number"]}>
        {ended ? (
          <Button small onPress={onOpen} testId="show-batch">
            {isOpen ? t("common.close") : t("batch.show")}
          </Button>
        ) : writer ? (
          <Button small disabled={run.cancel_requested} pending={cancel.isPending} onPress={() => cancel.mutate()}>
            {t("modelPage.cancel")}
          </Button>
        ) : null}
      </td>
    </tr>
  );
}
