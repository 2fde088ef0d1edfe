import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { RunDetail } from "../api/types";
import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { usePaths } from "../projects/session";
import { Card } from "../ui/Card";
import { ErrorNotice } from "../ui/Notice";
import type { Comparison, Contender, Evaluation, Verdict } from "./evaluation";
import { hasEnded } from "./live";
import css from "./RunPage.module.css";

interface VerdictCardProps {
  run: RunDetail;
  verdict: Verdict | null;
  evaluation: Evaluation | null;
  loading: boolean;
  error: Error | null;
}

/** The gate's decision with its reasons, and the candidate's scores, each beside the best baseline's. */
export function VerdictCard({ run, verdict, evaluation, loading, error }: VerdictCardProps) {
  const { t, i18n } = useTranslation();
  const paths = usePaths();
  if (verdict === null || evaluation === null) {
    const ended = hasEnded(run.state) && !loading;
    return (
      <Card title={t("verdict.title")}>
        {error ? <ErrorNotice error={error} /> : <p className={css["soft"]}>{ended ? t("verdict.never") : t("verdict.notYet")}</p>}
      </Card>
    );
  }
  const tone = verdict.decision === "promoted" ? "good" : verdict.decision === "not_comparable" ? "ember" : "plain";
  return (
    <Card title={t("verdict.title")} testId="verdict" tone={tone}>
      <p className={css["headline"]}>{t(`decisions.${verdict.headline ?? verdict.decision}`, { approved: verdict.approved ?? "–" })}</p>
      <p className={css["soft"]}>
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
      <Scores evaluation={evaluation} said={verdict.reasons.some((reason) => reason.code.includes("best_baseline"))} />
    </Card>
  );
}

/** `said`: a reason gives the difference to the best baseline already. */
function Scores({ evaluation, said }: { evaluation: Evaluation; said: boolean }) {
  const { t } = useTranslation();
  const { count, fixed, number, percent } = useFormats();
  const origins = evaluation.parts.test.origins ?? evaluation.parts.test.rows;
  const candidate = evaluation.contenders.find((contender) => contender.role === "candidate");
  const baseline = evaluation.contenders.find((contender) => contender.name === evaluation.best_baseline);
  if (!candidate || !baseline) return null;
  const against = evaluation.comparisons.find((one) => one.a === candidate.name && one.b === baseline.name);
  if (evaluation.kind === "classify") {
    return (
      <>
        <dl className={css["scores"]}>
          <Score
            name={t("vision.accuracy")}
            of={candidate}
            beside={baseline}
            show={({ metrics }) => percent(metrics.accuracy, 2)}
            range={({ metrics }) => `${percent(metrics.accuracy_low, 1)} – ${percent(metrics.accuracy_high, 1)}`}
          />
          <Score name={t("vision.logLoss")} of={candidate} beside={baseline} show={({ metrics }) => fixed(metrics.log_loss, 4)} />
          <Score name={t("vision.ece")} of={candidate} beside={baseline} show={({ metrics }) => fixed(metrics.ece, 4)} />
        </dl>
        <p className={css["footnote"]}>
          {t("vision.computed", { count: origins, shown: count(origins) })}
          {evaluation.guarded?.tried ? ` ${t("verdict.guardedImages", { tried: count(evaluation.guarded.tried), of: count(evaluation.guarded.of) })}` : null}
        </p>
      </>
    );
  }
  return (
    <>
      <dl className={css["scores"]}>
        <Score name={`RMSE${evaluation.unit === "" ? "" : ` (${evaluation.unit})`}`} of={candidate} beside={baseline} show={({ metrics }) => number(metrics.rmse)} />
        <Score name="R²" of={candidate} beside={baseline} show={({ metrics }) => fixed(metrics.r2, 4)} />
        <Score name={t("metrics.coverage")} of={candidate} beside={baseline} show={({ metrics }) => percent(metrics.coverage, 1)} />
      </dl>
      {against && !said ? <Difference comparison={against} /> : null}
      <p className={css["footnote"]}>
        {t("verdict.computed", { count: origins, shown: count(origins) })}
        {evaluation.guarded?.tried ? ` ${t("verdict.guarded", { count: evaluation.guarded.of, tried: count(evaluation.guarded.tried), of: count(evaluation.guarded.of) })}` : null}
      </p>
    </>
  );
}

interface ScoreProps {
  name: string;
  of: Contender;
  beside: Contender;
  show: (contender: Contender) => string;
  /** Between which values the truth lies, in words. */
  range?: (contender: Contender) => string;
}

function Score({ name, of, beside, show, range }: ScoreProps) {
  return (
    <div className={css["score"]}>
      <dt>{name}</dt>
      <dd>
        {show(of)}
        {range ? <small>{range(of)}</small> : null}
        <small>
          {beside.name.split(".").at(-1)} {show(beside)}
        </small>
        {range ? <small>{range(beside)}</small> : null}
      </dd>
    </div>
  );
}

/** "RMSE 4.1 % lower than ridge (95 % interval −6.0 % … −2.0 %)". */
function Difference({ comparison }: { comparison: Comparison }) {
  const { t, i18n } = useTranslation();
  const { percent } = useFormats();
  const { relative_difference: difference, shown } = comparison;
  const told = shown?.[i18n.language.slice(0, 2)];
  if (told) return <p className={css["footnote"]}>{t("verdict.against", { ...told, baseline: comparison.b, level: percent(comparison.level) })}</p>;
  if (difference === null) return null;
  return (
    <p className={css["footnote"]}>
      {t(difference < 0 ? "verdict.lower" : "verdict.higher", {
        metric: comparison.metric.toUpperCase(),
        size: percent(Math.abs(difference), 1),
        baseline: comparison.b,
        level: percent(comparison.level),
        low: percent(comparison.low, 1, true),
        high: percent(comparison.high, 1, true),
      })}
    </p>
  );
}
