import { useQueries, useQuery } from "@tanstack/react-query";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";

import type { ModelVersion, StoredEvaluation } from "../../api/types";
import { isKnown, isRelative, useMetrics } from "../../evaluation/metrics";
import { pluginsQuery } from "../../plugins/api";
import { taskKind } from "../../plugins/taskKinds";
import { evaluationQuery } from "../../runs/api";
import { Table, tableCss } from "../../ui/Table";
import text from "../../ui/Content.module.css";

/** The scores of versions on their test sets, each beside that of the best baseline of the same run. */
export function ScoresTable({ versions }: { versions: readonly ModelVersion[] }) {
  const { t } = useTranslation();
  const { show, titled } = useMetrics();
  const kind = taskKind(useQuery(pluginsQuery).data, versions[0]?.kind);
  const evaluations = useQueries({ queries: versions.map(({ run_id: run }) => evaluationQuery(run ?? "", run !== null)) });
  const unit = versions[0]?.data_schema.unit ?? "";
  const metrics = (kind?.metrics ?? []).filter(({ name, detail }) => detail !== "hidden" && versions.some((version) => isKnown(version.metrics?.[name])));
  if (kind === undefined || metrics.length === 0) return <p className={text["soft"]}>{t("compareVersions.noScores")}</p>;
  const own = versions.filter(({ plugin }, index) => evaluations[index]?.data?.evaluation.best_baseline === plugin);
  return (
    <>
    <Table caption={t("compareVersions.scores")} testId="version-scores">
      <thead>
        <tr>
          <th scope="col">{t("compareVersions.metric")}</th>
          {versions.map(({ version }) => (
            <Fragment key={version}>
              <th scope="col" className={tableCss["number"]}>v{version}</th>
              <th scope="col" className={tableCss["number"]}>{t("compareVersions.baseline", { version })}</th>
            </Fragment>
          ))}
        </tr>
      </thead>
      <tbody>
        {metrics.map((metric) => (
          <tr key={metric.name}>
            <th scope="row">{titled(metric, unit)}</th>
            {versions.map((version, index) => (
              <Fragment key={version.version}>
                <td className={tableCss["number"]}>{show(metric, version.metrics?.[metric.name])}</td>
                <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{isRelative(metric) ? "–" : show(metric, baselineOf(version, evaluations[index]?.data, metric.name))}</td>
              </Fragment>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
    {own.map(({ version }) => (
      <p key={version} className={text["footnote"]}>
        {t("compareVersions.isBaseline", { version })}
      </p>
    ))}
    </>
  );
}

/** The score of the best baseline, from the run's evaluation; a purged run leaves only what the version keeps. */
function baselineOf(version: ModelVersion, stored: StoredEvaluation | null | undefined, metric: string): number | null {
  const baseline = stored?.evaluation.contenders.find(({ name }) => name === stored.evaluation.best_baseline);
  return baseline?.metrics[metric] ?? version.metrics?.[`baseline_${metric}`] ?? null;
}
