import { useQuery } from "@tanstack/react-query";

import type { RunDetail } from "../api/types";
import { namedFigureQuery } from "../runs/api";
import { ErrorNotice } from "../ui/Notice";
import { ConfusionCard } from "./ConfusionCard";
import type { Confusion, Mistakes, PerClass, Reliability } from "./figures";
import { MistakesCard } from "./MistakesCard";
import { PerClassCard } from "./PerClassCard";
import { ReliabilityCard } from "./ReliabilityCard";
import css from "./Vision.module.css";

/** What a classifier's run shows below its scores. */
export default function ClassifyCards({ run }: { run: RunDetail }) {
  const confusion = useQuery(namedFigureQuery<Confusion>(run.id, "confusion", run.figures.includes("confusion")));
  const perClass = useQuery(namedFigureQuery<PerClass>(run.id, "per_class", run.figures.includes("per_class")));
  const reliability = useQuery(namedFigureQuery<Reliability>(run.id, "reliability", run.figures.includes("reliability")));
  const mistakes = useQuery(namedFigureQuery<Mistakes>(run.id, "mistakes", run.figures.includes("mistakes")));
  const error = confusion.error ?? perClass.error ?? reliability.error ?? mistakes.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {mistakes.data ? <MistakesCard figure={mistakes.data} /> : null}
      <div className={css["pair"]}>
        {confusion.data ? <ConfusionCard confusion={confusion.data} /> : null}
        {reliability.data ? <ReliabilityCard figure={reliability.data} /> : null}
      </div>
      {perClass.data ? <PerClassCard figure={perClass.data} /> : null}
    </>
  );
}
