import { useDeferredValue, useMemo } from "react";
import { useTranslation } from "react-i18next";
import { useSearchParams } from "wouter";

import type { StudyDetail, Trial } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Notice";
import { Choice } from "../../ui/forms/Choice";
import { matches, TRIAL_STATES } from "./filter";
import css from "./Page.module.css";
import { TrialTable } from "./TrialTable";

/** Every trial in a table; filter and state are in the address. */
export function TrialsTab({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const [search, setSearch] = useSearchParams();
  const text = search.get("find") ?? "";
  const state = TRIAL_STATES.find((known) => known === search.get("state")) ?? "";
  const wanted = useDeferredValue(text);
  const found = useMemo(() => trials.filter((trial) => matches(trial, study, { text: wanted, state })), [trials, study, wanted, state]);
  const change = (name: string, value: string) =>
    setSearch((before) => {
      const next = new URLSearchParams(before);
      if (value === "") next.delete(name);
      else next.set(name, value);
      return next;
    }, { replace: true });
  const example = Object.keys(study.space)[0] ?? study.objectives[0]?.metric ?? "";
  return (
    <Card title={t("studies.trials")} note={t("studies.trialsNote")} testId="study-trials">
      {trials.length === 0 ? (
        <Empty title={t("studies.noTrials")} />
      ) : (
        <>
          <div className={css["choices"]}>
            <label className={css["choice"]}>
              <span>{t("studies.find")}</span>
              <input type="search" value={text} placeholder={`${example}<0.1`} title={t("studies.findHint")} onChange={(event) => change("find", event.target.value)} data-testid="find-trials" />
            </label>
            <Choice label={t("studies.state")} value={state} onChange={(value) => change("state", value)} testId="trial-state"
              options={[{ value: "", label: t("studies.anyState") }, ...TRIAL_STATES.map((value) => ({ value, label: t(`studies.trialStates.${value}`) }))]} />
            <span role="status" className={css["soft"]} data-testid="trials-found">{t("studies.shownTrials", { count: trials.length, shown: count(found.length), all: count(trials.length) })}</span>
          </div>
          <p className={css["soft"]}>{t("studies.findHint")}</p>
          {found.length === 0 ? <Empty title={t("studies.noMatch")} /> : <TrialTable study={study} trials={found} />}
        </>
      )}
    </Card>
  );
}
