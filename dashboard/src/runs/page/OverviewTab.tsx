import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Evaluation, Verdict } from "../../api/evaluation";
import type { RunDetail } from "../../api/types";
import { VerdictCard } from "../../evaluation/VerdictCard";
import { LeadingFigures } from "../../figures/FigureCards";
import { usePaths } from "../../projects/session";
import { Card } from "../../ui/Card";
import { Markdown } from "../../ui/Markdown";
import { isOfMachine, type Curves } from "../curves/curves";
import { CurvesCard } from "../curves/CurvesCard";
import { FailureCard } from "../FailureCard";
import { hasEnded } from "../live";
import { NeedsCard } from "../NeedsCard";
import { ResultCard } from "../ResultCard";
import css from "../RunPage.module.css";

interface OverviewProps {
  run: RunDetail;
  curves: Curves;
  evaluation: Evaluation | null;
  verdict: Verdict | null;
  loading: boolean;
  error: Error | null;
}

/** What became of the run, on about one screen: failure or verdict, its curve, and the figure that leads its task. */
export function OverviewTab({ run, curves, evaluation, verdict, loading, error }: OverviewProps) {
  const { t } = useTranslation();
  const paths = usePaths();
  const hasCurves = Object.keys(curves).some((name) => !isOfMachine(name)); // a pipeline without steps records none
  const failed = run.error !== null && run.state !== "running" && run.state !== "queued";
  const log = run.artifacts.findLast(({ kind }) => kind === "log");
  const verdictCard = <VerdictCard run={run} verdict={verdict} evaluation={evaluation} loading={loading} error={error} withScores={false} />;
  return (
    <>
      {failed && run.error ? (
        <FailureCard error={run.error} state={run.state}>
          {log ? (
            <p>
              {t("runPage.hasLogs")}{" "}
              <Link href={`${paths.run(run.id)}?tab=logs`}>{t("runPage.openLog")}</Link>
            </p>
          ) : null}
        </FailureCard>
      ) : null}
      {run.note ? (
        <Card title={t("runLabels.note")}>
          <Markdown text={run.note} caption={t("runLabels.note")} testId="run-note" />
        </Card>
      ) : null}
      {run.kind !== "train" ? (
        <>
          {hasCurves ? <CurvesCard run={run} curves={curves} /> : null}
          <ResultCard run={run} />
        </>
      ) : hasEnded(run.state) && !hasCurves ? (
        verdictCard
      ) : (
        <div className={css["pair"]}>
          <CurvesCard run={run} curves={curves} />
          {verdictCard}
        </div>
      )}
      {run.notes.length > 0 ? (
        <Card title={t("details.notes")}>
          <div className={css["notes"]}>
            {run.notes.map((note, index) => (
              <Markdown key={index} text={note} caption={t("details.notes")} />
            ))}
          </div>
        </Card>
      ) : null}
      {run.kind === "train" ? (
        <div className={css["figures"]}>
          <LeadingFigures run={run} evaluation={evaluation} />
        </div>
      ) : null}
      {hasEnded(run.state) ? null : <NeedsCard run={run} />}
    </>
  );
}
