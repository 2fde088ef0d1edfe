import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { StudyDetail, Trial } from "../api/types";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { SelectField } from "../ui/Field";
import { ErrorNotice } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { useRetrain } from "./api";
import { better, directionOf } from "./history";
import css from "./Studies.module.css";
import { TrialState } from "./StudyState";

const SHOWN = 100;

/** Every trial with its config and a link to its run; the best first, or by number. */
export function TrialTable({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const session = useSession();
  const [order, setOrder] = useState("score");
  const [all, setAll] = useState(false);
  const names = Object.keys(study.space);
  const direction = directionOf(study);
  const ranked = [...trials].sort((a, b) => {
    const [one, other] = [a.scores?.[0], b.scores?.[0]];
    if (order === "number" || one === other) return order === "number" ? b.number - a.number : a.number - b.number;
    if (one === undefined || other === undefined) return one === undefined ? 1 : -1;
    return better(one, other, direction) ? -1 : 1;
  });
  const shown = all ? ranked : ranked.slice(0, SHOWN);
  const mayRetrain = mayWrite(session) && study.state !== "running" && study.state !== "paused";
  return (
    <>
      <SelectField
        label={t("studies.order")}
        value={order}
        onChange={setOrder}
        options={[
          { value: "score", label: t("studies.byScore") },
          { value: "number", label: t("studies.byNumber") },
        ]}
      />
      <Table caption={t("studies.trials")} testId="trial-table">
        <thead>
          <tr>
            <th scope="col">{t("studies.trial")}</th>
            <th scope="col">{t("studies.state")}</th>
            {study.objectives.map(({ metric }) => (
              <th key={metric} scope="col" className={tableCss["number"]}>
                {metric}
              </th>
            ))}
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">{t("studies.reports")}</th>
            {mayRetrain ? <th scope="col">{t("studies.actions")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {shown.map((trial) => (
            <TrialRow key={trial.number} study={study} trial={trial} names={names} mayRetrain={mayRetrain} />
          ))}
        </tbody>
      </Table>
      {ranked.length > shown.length ? (
        <Button small onPress={() => setAll(true)}>
          {t("studies.showAll", { count: ranked.length, shown: count(ranked.length) })}
        </Button>
      ) : null}
    </>
  );
}

function TrialRow({ study, trial, names, mayRetrain }: { study: StudyDetail; trial: Trial; names: readonly string[]; mayRetrain: boolean }) {
  const { t } = useTranslation();
  const { count, number } = useFormats();
  const paths = usePaths();
  const retrain = useRetrain(study.id, trial.number);
  const best = trial.number === study.best?.number;
  return (
    <tr className={best ? css["best"] : undefined}>
      <th scope="row">{trial.run_state === null ? `#${trial.number}` : <Link href={paths.run(trial.run_id)}>{`#${trial.number}`}</Link>}</th>
      <td title={trial.error?.message}>
        <TrialState state={trial.state} />
        {trial.error ? <p className={css["soft"]}>{trial.error.message}</p> : null}
      </td>
      {study.objectives.map(({ metric }, index) => (
        <td key={metric} className={tableCss["number"]}>
          {number(trial.scores?.[index])}
        </td>
      ))}
      {names.map((name) => {
        const value = trial.params[name];
        return <td key={name}>{typeof value === "number" ? number(value) : JSON.stringify(value)}</td>;
      })}
      <td>{trial.best_epoch === null ? count(trial.reports) : t("studies.bestAt", { reports: count(trial.reports), best: count(trial.best_epoch) })}</td>
      {mayRetrain ? (
        <td>
          {trial.state === "complete" && trial.number !== study.winner ? (
            <Button small pending={retrain.isPending} onPress={() => retrain.mutate()}>
              {t("studies.retrain")}
            </Button>
          ) : null}
          {retrain.error ? <ErrorNotice error={retrain.error} /> : null}
        </td>
      ) : null}
    </tr>
  );
}
