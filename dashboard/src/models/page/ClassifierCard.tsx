import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Reliability } from "../../api/figures";
import type { ModelDetail, ModelVersion } from "../../api/types";
import { figureQuery } from "../../figures/api";
import { usePaths } from "../../projects/session";
import { evaluationQuery } from "../../runs/api";
import { Card } from "../../ui/Card";
import { ReliabilityCard } from "../../vision/ReliabilityCard";
import { ScoresTable } from "../versions/ScoresTable";

/** Accuracy of a classifier beside the best baseline on its test set, and whether its probabilities can be trusted. */
export default function ClassifierCard({ model, version }: { model: ModelDetail; version: ModelVersion }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const run = version.run_id;
  const evaluation = useQuery(evaluationQuery(run ?? "", run !== null));
  const figure = useQuery({ ...figureQuery({ id: run ?? "", figures: run === null ? [] : ["reliability"] }, "reliability"), retry: false });
  const own = figure.data ? reliabilityOf(figure.data, version.plugin) : null;
  return (
    <>
      <Card title={t("modelPage.quality")} note={t("modelPage.qualityNote", { version: version.version })} testId="quality">
        <ScoresTable versions={[version]} />
        <p>
          <Link href={`${paths.model(model.name)}?tab=predictions`}>{t("modelPage.classify")}</Link>
        </p>
      </Card>
      {own ? <ReliabilityCard figure={own} evaluation={evaluation.data?.evaluation ?? null} /> : null}
    </>
  );
}

/** The reliability of a pipeline in a run that compared it with others; null if the figure has another one. */
function reliabilityOf(figure: Reliability, plugin: string): Reliability | null {
  if (figure.contender === plugin) return figure;
  if (figure.baseline !== plugin) return null;
  return { ...figure, contender: plugin, bins: figure.baseline_bins, ece: figure.baseline_ece, ece_uncalibrated: null, uncalibrated_bins: null };
}
