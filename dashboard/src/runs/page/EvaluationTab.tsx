import { useTranslation } from "react-i18next";

import type { Evaluation } from "../../api/evaluation";
import type { RunDetail } from "../../api/types";
import { ContendersCard } from "../../evaluation/ContendersCard";
import { MembersCard } from "../../evaluation/MembersCard";
import { OtherFigures } from "../../figures/FigureCards";
import { IncumbentCard } from "../../forecasting/IncumbentCard";
import { IntervalsCard } from "../../forecasting/IntervalsCard";
import { LevelsCard } from "../../forecasting/LevelsCard";
import { SeriesCard } from "../../forecasting/SeriesCard";
import { Card } from "../../ui/Card";
import text from "../../ui/Content.module.css";
import { hasEnded } from "../live";

/** Everything that was measured on the held-out rows. */
export function EvaluationTab({ run, evaluation }: { run: RunDetail; evaluation: Evaluation | null }) {
  const { t } = useTranslation();
  if (evaluation === null) {
    return (
      <Card title={t("runPage.evaluation")}>
        <p className={text["soft"]}>{t(run.kind !== "train" || hasEnded(run.state) ? "runPage.neverEvaluated" : "runPage.noEvaluation")}</p>
      </Card>
    );
  }
  return (
    <>
      <ContendersCard evaluation={evaluation} runId={run.id} />
      <MembersCard evaluation={evaluation} />
      <IntervalsCard evaluation={evaluation} />
      <IncumbentCard evaluation={evaluation} />
      <LevelsCard evaluation={evaluation} />
      <SeriesCard evaluation={evaluation} />
      <OtherFigures run={run} evaluation={evaluation} />
    </>
  );
}
