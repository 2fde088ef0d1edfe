import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { StudyDetail, Trial } from "../../api/types";
import type { Column } from "../../charts/parallel/columns";
import { Legend } from "../../charts/parts/Legend";
import { ScatterPlot } from "../../charts/ScatterPlot";
import { Card } from "../../ui/Card";
import { Empty } from "../../ui/Notice";
import { Choice } from "../../ui/forms/Choice";
import css from "./Page.module.css";
import { TrialTable } from "./TrialTable";

/** Any two objectives of the trials and the baselines; trials on the Pareto front have a colour and a mark of their own. */
export function FrontTab({ study, trials }: { study: StudyDetail; trials: readonly Trial[] }) {
  const { t } = useTranslation();
  const [x, setX] = useState(0);
  const [y, setY] = useState(1);
  const scored = trials.filter(({ scores }) => scores !== null);
  const baselines = study.baselines.filter(({ scores }) => scores !== null);
  const names = [...scored.map(({ number }) => t("studies.trialOf", { trial: number })), ...baselines.map(({ name }) => name)];
  const series = [...scored.map(({ number }) => (study.front.includes(number) ? 1 : 0)), ...baselines.map(() => 2)];
  const columnOf = (index: number): Column => ({
    id: String(index),
    name: study.objectives[index]?.metric ?? "",
    values: [...scored.map(({ scores }) => scores?.[index] ?? null), ...baselines.map(({ scores }) => scores?.[index] ?? null)],
    result: true,
  });
  const options = study.objectives.map(({ metric }, index) => ({ value: String(index), label: metric }));
  return (
    <>
      <Card title={t("studies.front")} note={t("studies.frontNote")} testId="study-front">
        {scored.length === 0 ? (
          <Empty title={t("studies.noScores")} />
        ) : (
          <>
            <div className={css["choices"]}>
              <Choice label={t("scatter.x")} value={String(x)} onChange={(value) => setX(Number(value))} options={options} testId="front-x" />
              <Choice label={t("scatter.y")} value={String(y)} onChange={(value) => setY(Number(value))} options={options} testId="front-y" />
            </div>
            <ScatterPlot
              x={columnOf(x)}
              y={columnOf(y)}
              names={names}
              series={series}
              height={360}
              testId="front-chart"
              legend={<Legend kind="mark" label={t("studies.front")} items={[{ name: t("studies.otherTrials"), index: 0 }, { name: t("studies.front"), index: 1 }, ...(baselines.length > 0 ? [{ name: t("studies.baselines"), index: 2 }] : [])]} />}
            />
          </>
        )}
      </Card>
      {study.front.length > 0 ? (
        <Card title={t("studies.frontTrials")} note={t("studies.frontTrialsNote")}>
          <TrialTable study={study} trials={trials.filter(({ number }) => study.front.includes(number))} />
        </Card>
      ) : null}
    </>
  );
}
