import { useQuery } from "@tanstack/react-query";

import { figureQuery, type FigureProps } from "../figures/api";
import { ErrorNotice } from "../ui/Notice";
import { ConfusionCard } from "./ConfusionCard";
import { MistakesCard } from "./MistakesCard";
import { PerClassCard } from "./PerClassCard";
import { ReliabilityCard } from "./ReliabilityCard";
import css from "./Vision.module.css";

/** The figures of a classifier: mistakes, confusion matrix, reliability, and scores by class. */
export default function ClassifyCards({ run, evaluation }: FigureProps) {
  const confusion = useQuery(figureQuery(run, "confusion"));
  const perClass = useQuery(figureQuery(run, "per_class"));
  const reliability = useQuery(figureQuery(run, "reliability"));
  const mistakes = useQuery(figureQuery(run, "mistakes"));
  const error = confusion.error ?? perClass.error ?? reliability.error ?? mistakes.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {mistakes.data ? <MistakesCard figure={mistakes.data} /> : null}
      <div className={css["pair"]}>
        {confusion.data ? <ConfusionCard confusion={confusion.data} /> : null}
        {reliability.data ? <ReliabilityCard figure={reliability.data} evaluation={evaluation} /> : null}
      </div>
      {perClass.data ? <PerClassCard figure={perClass.data} /> : null}
    </>
  );
}
