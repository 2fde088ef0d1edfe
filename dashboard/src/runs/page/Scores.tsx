import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Evaluation } from "../../api/evaluation";
import { firstMetrics, useMetrics } from "../../evaluation/metrics";
import { usePaths } from "../../projects/session";
import css from "./Header.module.css";

const SHOWN = 3;

/** The scores that matter, each next to that of the best baseline, which was evaluated by the same run on the same rows. */
export function Scores({ evaluation, runId }: { evaluation: Evaluation; runId: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const { show, titled } = useMetrics();
  const candidate = evaluation.contenders.find((contender) => contender.role === "candidate");
  const baseline = evaluation.contenders.find((contender) => contender.name === evaluation.best_baseline);
  if (!candidate || !baseline) return null;
  return (
    <dl className={css["scores"]} data-testid="scores">
      {firstMetrics(evaluation)
        .slice(0, SHOWN)
        .map((metric) => (
          <div key={metric.name} className={css["score"]}>
            <dt title={t("runPage.scoreOf", { metric: titled(metric, evaluation.unit) })}>{titled(metric, evaluation.unit)}</dt>
            <dd>{show(metric, candidate.metrics[metric.name])}</dd>
            <dd className={css["baseline"]}>
              <Link href={`${paths.run(runId)}?tab=evaluation`}>{`${baseline.name.split(".").at(-1) ?? ""}: ${show(metric, baseline.metrics[metric.name])}`}</Link>
            </dd>
          </div>
        ))}
    </dl>
  );
}
