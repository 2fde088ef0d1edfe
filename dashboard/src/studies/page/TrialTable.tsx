import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { StudyDetail, Trial } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { mayWrite, usePaths, useSession } from "../../projects/session";
import { Button, ButtonLink } from "../../ui/Button";
import { ErrorNotice } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { useRetrain } from "../api";
import { TrialState } from "../StudyState";
import { bestFirst, secondsOf, sorted, type TrialOrder } from "./filter";
import css from "./Page.module.css";

const SHOWN = 100;
const MOST_COMPARED = 50;

/** Trials with their config and a link to their run, sorted by any column; several can be selected and compared. */
export function TrialTable({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const session = useSession();
  const paths = usePaths();
  const [order, setOrder] = useState<TrialOrder>(() => bestFirst(study));
  const [shown, setShown] = useState(SHOWN);
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const names = Object.keys(study.space);
  const ranked = useMemo(() => sorted(trials, order), [trials, order]);
  const mayRetrain = mayWrite(session) && !study.deleted_at && study.state !== "running" && study.state !== "paused";
  const compared = trials.filter(({ number, run_state }) => chosen.includes(number) && run_state !== null).slice(0, MOST_COMPARED);
  const choose = (number: number, on: boolean) => setChosen((before) => (on ? [...before, number] : before.filter((one) => one !== number)));
  const head = { order, onOrder: setOrder };
  return (
    <>
      <div className={css["compare"]}>
        {compared.length > 1 ? (
          <ButtonLink to={paths.comparison(compared.map(({ run_id }) => run_id))} testId="compare-trials">
            {t("studies.compare", { count: compared.length, shown: count(compared.length) })}
          </ButtonLink>
        ) : (
          <span className={css["soft"]}>{t("studies.compareHint")}</span>
        )}
        {chosen.length > 0 ? <Button small onPress={() => setChosen([])}>{t("studies.chooseNone")}</Button> : null}
      </div>
      <Table caption={t("studies.trials")} testId="trial-table">
        <thead>
          <tr>
            <th scope="col">
              <span className="visually-hidden">{t("comparison.choose")}</span>
            </th>
            <Head {...head} by="number" name={t("studies.trial")} />
            <Head {...head} by="state" name={t("studies.state")} />
            {study.objectives.map(({ metric }, index) => (
              <Head key={metric} {...head} by={`score ${index}`} name={metric} isNumber />
            ))}
            {names.map((name) => (
              <Head key={name} {...head} by={`field ${name}`} name={name} />
            ))}
            <Head {...head} by="seconds" name={t("studies.took")} isNumber />
            <th scope="col">{t("studies.reports")}</th>
            <Head {...head} by="worker" name={t("studies.worker")} />
            {mayRetrain ? <th scope="col">{t("studies.actions")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {ranked.slice(0, shown).map((trial) => (
            <TrialRow key={trial.number} study={study} trial={trial} names={names} mayRetrain={mayRetrain} chosen={chosen.includes(trial.number)} onChoose={(on) => choose(trial.number, on)} />
          ))}
        </tbody>
      </Table>
      {ranked.length > shown ? (
        <Button small onPress={() => setShown(ranked.length)} testId="all-trials">
          {t("studies.showAll", { count: ranked.length, shown: count(ranked.length) })}
        </Button>
      ) : null}
    </>
  );
}

/** The head of a column, a button that sorts by it. */
function Head({ by, name, order, onOrder, isNumber = false }: { by: string; name: string; order: TrialOrder; onOrder: (order: TrialOrder) => void; isNumber?: boolean }) {
  const { t } = useTranslation();
  const isSorted = order.by === by;
  return (
    <th scope="col" className={isNumber ? tableCss["number"] : undefined} aria-sort={isSorted ? (order.descending ? "descending" : "ascending") : undefined}>
      <button type="button" className={css["sort"]} title={t("studies.sortBy", { name })} onClick={() => onOrder({ by, descending: isSorted && !order.descending })}>
        <span className={css["long"]} dir="auto">{name}</span>
        <span aria-hidden="true">{isSorted ? (order.descending ? " ↓" : " ↑") : ""}</span>
      </button>
    </th>
  );
}

interface TrialRowProps {
  study: StudyDetail;
  trial: Trial;
  names: readonly string[];
  mayRetrain: boolean;
  chosen: boolean;
  onChoose: (on: boolean) => void;
}

function TrialRow({ study, trial, names, mayRetrain, chosen, onChoose }: TrialRowProps) {
  const { t } = useTranslation();
  const { count, duration, number } = useFormats();
  const paths = usePaths();
  const retrain = useRetrain(study.id, trial.number);
  const isBest = study.objectives.length > 1 ? study.front.includes(trial.number) : trial.number === study.best?.number;
  const name = t("studies.trialOf", { trial: trial.number });
  return (
    <tr className={isBest ? css["best"] : undefined}>
      <td>
        <input type="checkbox" checked={chosen} disabled={trial.run_state === null} aria-label={t("comparison.chosen", { name })} onChange={(event) => onChoose(event.target.checked)} />
      </td>
      <th scope="row" className={tableCss["nowrap"]}>
        {trial.run_state === null ? <span title={t("studies.runPurged")}>{`#${trial.number}`}</span> : <Link href={paths.run(trial.run_id)}>{`#${trial.number}`}</Link>}
        {isBest ? <span className={css["mark"]}> {t(study.objectives.length > 1 ? "studies.onFront" : "comparison.best")}</span> : null}
      </th>
      <td title={trial.error?.message}>
        <TrialState state={trial.state} />
        {trial.error ? <p className={css["reason"]}>{trial.error.message}</p> : null}
      </td>
      {study.objectives.map(({ metric }, index) => (
        <td key={metric} className={tableCss["number"]}>
          {number(trial.scores?.[index])}
        </td>
      ))}
      {names.map((field) => {
        const value = trial.params[field];
        const shown = value === undefined || value === null ? "–" : typeof value === "number" ? number(value) : typeof value === "string" ? value : JSON.stringify(value);
        return (
          <td key={field}>
            <span className={css["long"]} dir="auto" title={shown}>{shown}</span>
          </td>
        );
      })}
      <td className={tableCss["number"]}>{duration(secondsOf(trial))}</td>
      <td className={tableCss["nowrap"]}>{trial.best_epoch === null ? count(trial.reports) : t("studies.bestAt", { reports: count(trial.reports), best: count(trial.best_epoch) })}</td>
      <td>
        <span className={css["long"]} title={trial.worker ?? undefined}>{trial.worker ?? "–"}</span>
      </td>
      {mayRetrain ? (
        <td>
          {trial.state === "complete" && !(trial.number === study.winner && study.retrain_run_id !== null) ? (
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
