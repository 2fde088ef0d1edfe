import { Suspense, lazy } from "react";

import type { ModelDetail } from "../../api/types";
import { LoopLine } from "../../loop/LoopLine";
import { DriftCard } from "../../predictions/DriftCard";
import { LiveScoresCard } from "../../predictions/LiveScoresCard";
import { Skeleton } from "../../ui/Skeleton";
import { imageClasses } from "../dataSchema";
import { DecisionsCard } from "../decisions/DecisionsCard";
import { NextValuesCard } from "./NextValuesCard";
import css from "./Page.module.css";

const ClassifierCard = lazy(() => import("./ClassifierCard"));
const FreshCard = lazy(() => import("../fresh/FreshCard").then(({ FreshCard }) => ({ default: FreshCard })));

interface OverviewProps {
  model: ModelDetail;
  writer: boolean;
  onPromote: ((version: number) => void) | null;
}

/** What the champion says now, how its predictions became, and what waits for a decision. */
export default function OverviewTab({ model, writer, onPromote }: OverviewProps) {
  const shown = model.version_list.find(({ version }) => version === model.champion);
  const images = imageClasses(shown ?? model.version_list[0]) !== null; // the API does not detect drift in images
  return (
    <div className={css["stack"]}>
      <div className={css["lead"]}>
        <div className={css["stack"]}>
          {images && shown !== undefined ? (
            <Suspense fallback={<Skeleton height={280} />}>
              <ClassifierCard model={model} version={shown} />
            </Suspense>
          ) : (
            <NextValuesCard model={model} writer={writer} />
          )}
          <LiveScoresCard model={model.name} />
        </div>
        <div className={css["stack"]}>
          <DecisionsCard model={model} writer={writer} onPromote={onPromote} />
          {model.champion !== null && !images ? <DriftCard model={model.name} /> : null}
        </div>
      </div>
      <LoopLine model={model.name} />
      {model.champion === null ? null : (
        <Suspense fallback={<Skeleton />}>
          <FreshCard name={model.name} writer={writer} />
        </Suspense>
      )}
    </div>
  );
}
