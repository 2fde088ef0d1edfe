import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Comparison, Contender, Evaluation, MetricFacts, Verdict } from "../api/evaluation";
import type { RunDetail } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { hasEnded } from "../runs/live";
import { Card } from "../ui/Card";
import text from "../ui/Content.module.css";
import { ErrorNotice } from "../ui/Notice";
import { firstMetrics, metricOf, useMetrics } from "./metrics";
import css from "./Verdict.module.css";

interface VerdictCardProps {
  run: RunDetail;
  verdict: Verdict | null;
  evaluation: Evaluation | null;
  loading: boolean;
  error: Error | null;
  /** False where the scores are shown next to the card. */
  withScores?: boolean;
}

/** The gate's decision with its reasons, and the candidate's scores next to those of the best baseline. */
export function VerdictCard({ run, verdict, evaluation, loading, error, withScores = true }: VerdictCardProps) {
  const { t, i18n } = useTranslation();
  const paths = usePaths();
  if (verdict === null || evaluation === null) {
    const ended = hasEnded(run.state) && !loading;
    return (
      <Card title={t("verdict.title")}>
        {error ? <ErrorNotice error={error} /> : <p className={text["soft"]}>{ended ? t("verdict.never") : t("verdict.notYet")}</p>}
      </Card>
    );
  }
  const tone = verdict.headline === "promoted" ? "good" : verdict.decision === "not_comparable" ? "ember" : "plain";
  return (
    <Card title={t("verdict.title")} testId="verdict" tone={tone}>
      <p className={css["headline"]}>{verdict.headline === "baseline_unproven" ? t("verdict.unproven", { baseline: verdict.champion }) : t(`decisions.${verdict.headline}`, { approved: verdict.approved ?? "–" })}</p>
      <p className={text["soft"]}>
        {verdict.champion === "" ? t("verdict.noChampion") : t("verdict.champion", { name: verdict.champion })}
        {run.model ? (
          <>
            {" "}
            (<Link href={paths.model(run.model)}>{run.model}</Link>)
          </>
        ) : null}
      </p>
      <ul className={css["reasons"]}>
        {verdict.reasons.map((reason, index) => (
          <li key={`${reason.code} ${index}`}>{inLanguage(reason.text, i18n.language)}</li>
        ))}
      </ul>
      <Scores evaluation={evaluation} withScores={withScores} stated={verdict.reasons.some((reason) => reason.code.includes("best_baseline"))} />
    </Card>
  );
}

/** `stated`: whether a reason already contains the difference to the best baseline. */
function Scores({ evaluation, stated, withScores }: { evaluation: Evaluation; stated: boolean; withScores: boolean }) {
  const { t, i18n } = useTranslation();
  const { count } = useFormats();
  const { test } = evaluation.parts;
  const origins = test?.origins ?? test?.rows ?? 0;
  const candidate = evaluation.contenders.find((contender) => contender.role === "candidate");
  const baseline = evaluation.contenders.find((contender) => contender.name === evaluation.best_baseline);
  if (!candidate || !baseline) return null;
  const against = evaluation.comparisons.find((one) => one.a === candidate.name && one.b === baseline.name);
  const rows = metricOf(evaluation, evaluation.gate_metric)?.pairing?.rows ?? "examples";
  const { tried, of } = evaluation.guarded;
  const { horizon, judged_horizon: judged } = evaluation;
  return (
    <>
      {withScores ? (
        <dl className={css["scores"]}>
          {firstMetrics(evaluation).map((metric) => (
            <Score key={metric.name} metric={metric} unit={evaluation.unit} candidate={candidate} baseline={baseline} />
          ))}
        </dl>
      ) : null}
      {against && !stated ? <Difference comparison={against} /> : null}
      {horizon && judged && judged < horizon ? <p>{t("verdict.judgedHorizon", { judged: count(judged), horizon: count(horizon) })}</p> : null}
      {evaluation.findings.map((finding) => (
        <p key={`${finding.code} ${finding.contender}`} className={css["finding"]}>{inLanguage(finding.text, i18n.language)}</p>
      ))}
      <p className={text["footnote"]}>
        {t(`verdict.computed.${rows}`, { count: origins, shown: count(origins) })}
        {tried > 0 ? ` ${t(`verdict.guarded.${rows}`, { count: of, tried: count(tried), of: count(of) })}` : null}
      </p>
    </>
  );
}

function Score({ metric, unit, candidate, baseline }: { metric: MetricFacts; unit: string; candidate: Contender; baseline: Contender }) {
  const { range, show, titled } = useMetrics();
  const [ours, theirs] = [range(metric, candidate.metrics), range(metric, baseline.metrics)];
  return (
    <div className={css["score"]}>
      <dt>{titled(metric, unit)}</dt>
      <dd>
        {show(metric, candidate.metrics[metric.name])}
        {ours ? <small>{ours}</small> : null}
        <small>
          {baseline.name.split(".").at(-1)} {show(metric, baseline.metrics[metric.name])}
        </small>
        {theirs ? <small>{theirs}</small> : null}
      </dd>
    </div>
  );
}

/** "RMSE −4.1 % against ridge (95 % interval: −6.0 % to −2.0 %)". */
function Difference({ comparison }: { comparison: Comparison }) {
  const { t, i18n } = useTranslation();
  const { percent } = useFormats();
  const shown = comparison.shown[i18n.language.slice(0, 2)] ?? comparison.shown["en"];
  if (!shown) return null;
  // A level of 99.907 % must not read as 100 %.
  const decimals = String(Number((comparison.level * 100).toFixed(3))).split(".")[1]?.length ?? 0;
  const sentence = comparison.low === null && comparison.high === null ? "verdict.against_unbounded" : "verdict.against";
  return <p className={text["footnote"]}>{t(sentence, { ...shown, baseline: comparison.b, level: percent(comparison.level, decimals) })}</p>;
}
