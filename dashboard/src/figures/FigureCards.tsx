import { Suspense, lazy, type ComponentType, type LazyExoticComponent } from "react";
import { useTranslation } from "react-i18next";

import { hasEnded } from "../runs/live";
import { Boundary } from "../shell/Boundary";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { Loading } from "../ui/Notice";
import { AnyFigureCard } from "./AnyFigureCard";
import type { FigureProps } from "./api";

interface Cards {
  /** Figures that these cards show. */
  names: readonly string[];
  Cards: LazyExoticComponent<ComponentType<FigureProps>>;
  /** Shown before the table of contenders. */
  leads?: boolean;
}

/** Figures that have their own card, in the order of the page. All others are shown as values and tables. */
const CARDS: readonly Cards[] = [
  { names: ["forecast"], Cards: lazy(() => import("../forecasting/ForecastCards")), leads: true },
  { names: ["backtest"], Cards: lazy(() => import("../forecasting/BacktestCard")) },
  { names: ["mistakes", "confusion", "reliability", "per_class"], Cards: lazy(() => import("../vision/ClassifyCards")) },
  { names: ["residuals", "actual_predicted"], Cards: lazy(() => import("../forecasting/ErrorsCard")) },
  { names: ["slices"], Cards: lazy(() => import("../forecasting/SlicesCard")) },
  { names: ["importance", "shapley"], Cards: lazy(() => import("../forecasting/ImportanceCard")) },
  { names: ["saliency"], Cards: lazy(() => import("../vision/SaliencyCard")) },
];

const KNOWN: readonly string[] = CARDS.flatMap(({ names }) => names);

/** The figures that lead a run's page, or a note while there are none. */
export function LeadingFigures({ run, evaluation }: FigureProps) {
  const { t } = useTranslation();
  if (run.figures.length > 0) return <Shown cards={CARDS.filter(({ leads }) => leads)} run={run} evaluation={evaluation} />;
  return (
    <Card title={t("figures.title")}>
      <p className={css["soft"]}>{hasEnded(run.state) ? t("figures.never") : t("figures.notYet")}</p>
    </Card>
  );
}

/** All other figures of a run, whatever its task kind. */
export function OtherFigures({ run, evaluation }: FigureProps) {
  const { t } = useTranslation();
  return (
    <>
      <Shown cards={CARDS.filter(({ leads }) => !leads)} run={run} evaluation={evaluation} />
      {run.figures
        .filter((name) => !KNOWN.includes(name))
        .map((name) => (
          <AnyFigureCard key={name} run={run} name={name} />
        ))}
      {run.follow_ups.length > 0 ? (
        <Card title={t("figures.explanation")}>
          <p className={css["soft"]} role="status">
            {t("figures.explaining")}
          </p>
        </Card>
      ) : null}
    </>
  );
}

function Shown({ cards, run, evaluation }: FigureProps & { cards: readonly Cards[] }) {
  return cards
    .filter(({ names }) => names.some((name) => run.figures.includes(name)))
    .map(({ names, Cards }) => {
      const [first = ""] = names;
      // Another task kind may use one of these names for a different figure.
      const other = names.filter((name) => run.figures.includes(name)).map((name) => <AnyFigureCard key={name} run={run} name={name} />);
      return (
        <Boundary key={first} fallback={other}>
          <Suspense fallback={<Loading />}>
            <Cards run={run} evaluation={evaluation} />
          </Suspense>
        </Boundary>
      );
    });
}
