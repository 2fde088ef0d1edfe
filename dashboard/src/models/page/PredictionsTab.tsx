import { Suspense, lazy } from "react";

import type { ModelDetail } from "../../api/types";
import { BatchCard } from "../../predictions/BatchCard";
import { LedgerCard } from "../../predictions/LedgerCard";
import { Skeleton } from "../../ui/Skeleton";
import { imageClasses } from "../dataSchema";
import { PredictCard } from "../predict/PredictCard";
import css from "./Page.module.css";

const PredictImage = lazy(() => import("../../vision/PredictImage"));

/** Ask the model, and everything that it has answered. */
export default function PredictionsTab({ model, writer }: { model: ModelDetail; writer: boolean }) {
  const images = imageClasses(model.version_list.find(({ version }) => version === model.champion) ?? model.version_list[0]) !== null;
  return (
    <div className={css["stack"]}>
      {images ? (
        <Suspense fallback={<Skeleton />}>
          <PredictImage model={model} />
        </Suspense>
      ) : (
        <PredictCard model={model} writer={writer} />
      )}
      {model.champion === null ? null : <BatchCard model={model.name} writer={writer} />}
      <LedgerCard model={model} />
    </div>
  );
}
