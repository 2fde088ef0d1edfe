import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Deployment, ModelDetail, ModelVersion, StoredEvaluation } from "../../api/types";
import { inLanguage } from "../../language/setup";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { evaluationQuery } from "../../runs/api";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { deploymentsQuery, waitingQuery } from "../api";
import { DeployDialog } from "../DeployDialog";
import { challengersOf, SHOWN_CHALLENGERS, standingOf, type Standing } from "./challengers";
import css from "./Decisions.module.css";
import { WaitingPart } from "./WaitingPart";

interface DecisionsProps {
  model: ModelDetail;
  writer: boolean;
  onPromote: ((version: number) => void) | null;
}

/** What waits for a person: approvals, shadows and canaries, versions that passed the gate, and promotions that it blocked. */
export function DecisionsCard({ model, writer, onPromote }: DecisionsProps) {
  const { t } = useTranslation();
  const paths = usePaths();
  const waiting = useQuery(waitingQuery(model.name));
  const deployments = useQuery(deploymentsQuery(model.name));
  const active = deployments.data?.filter(({ state }) => state === "active") ?? [];
  const elsewhere = new Set([...(waiting.data ?? []).map(({ version }) => version), ...active.map(({ version }) => version)]);
  const challengers = challengersOf(model, elsewhere);
  const shown = challengers.slice(0, SHOWN_CHALLENGERS);
  const verdicts = useQueries({ queries: shown.map(({ run_id: run }) => evaluationQuery(run ?? "", run !== null)) });
  const standings = shown.map((version, index) => ({ version, stored: verdicts[index]?.data ?? null, standing: standingOf(version, verdicts[index]?.data) }));
  const loading = waiting.isLoading || deployments.isLoading || verdicts.some(({ isLoading }) => isLoading);
  const failed = waiting.error ?? deployments.error;
  const urgent = (waiting.data?.length ?? 0) > 0 || standings.some(({ standing }) => standing === "passed");
  const none = !loading && !failed && (waiting.data?.length ?? 0) + active.length + shown.length === 0;
  return (
    <Card title={t("toDecide.title")} tone={urgent ? "ember" : "plain"} testId="decisions">
      {failed ? <ErrorNotice error={failed} /> : null}
      {loading ? <Skeleton lines={2} /> : null}
      {none ? <p className={css["soft"]}>{t("toDecide.none")}</p> : null}
      <WaitingPart name={model.name} waiting={waiting.data ?? []} writer={writer} />
      {active.map((each) => (
        <Trial key={each.number} model={model} deployment={each} writer={writer} onPromote={onPromote} />
      ))}
      {loading ? null : standings.map((each, index) => <Challenger key={each.version.version} model={model} {...each} isFirst={index === 0} onPromote={onPromote} />)}
      {challengers.length > shown.length ? (
        <p className={css["soft"]}>
          <Link href={`${paths.model(model.name)}?tab=versions`}>{t("toDecide.others", { count: challengers.length - shown.length })}</Link>
        </p>
      ) : null}
    </Card>
  );
}

/** A version on trial: what it answers, and its results so far. */
function Trial({ model, deployment, writer, onPromote }: { model: ModelDetail; deployment: Deployment; writer: boolean; onPromote: DecisionsProps["onPromote"] }) {
  const { t } = useTranslation();
  const { count, moment, percent } = useFormats();
  const [ending, setEnding] = useState(false);
  const { version, alongside, losses, errors } = deployment;
  const said = deployment.mode === "canary" ? t("toDecide.canary", { version, alongside, share: percent(deployment.share_percent / 100) }) : t("toDecide.shadow", { version, alongside });
  return (
    <section className={css["decision"]} aria-label={said} data-testid="trial">
      <p>
        <Badge tone="azure">{t(`life.${deployment.mode}`)}</Badge> <strong>{said}</strong>
      </p>
      <p className={css["soft"]}>
        {t("toDecide.trialSince", { start: moment(deployment.started_at) })}{" "}
        {losses.worse + losses.even + losses.better === 0
          ? t("toDecide.noPairs")
          : t("toDecide.pairs", { worse: count(losses.worse), even: count(losses.even), better: count(losses.better) })}{" "}
        {errors.worse > 0 ? t("toDecide.errors", { count: errors.worse }) : null}
      </p>
      {writer ? (
        <div className={css["actions"]}>
          {onPromote ? (
            <Button small onPress={() => onPromote(version)}>
              {t("models.promoteVersion", { version })}
            </Button>
          ) : null}
          <Button small onPress={() => setEnding(true)}>
            {t("toDecide.end")}
          </Button>
        </div>
      ) : null}
      {ending ? <DeployDialog name={model.name} versions={[]} ending={deployment} onClose={() => setEnding(false)} /> : null}
    </section>
  );
}

const tones = { passed: "good", blocked: "quiet", served: "quiet", unknown: "quiet" } as const satisfies Record<Standing, string>;

/** A version that is newer than the champion, with the gate's reasons. */
function Challenger({ model, version, stored, standing, isFirst, onPromote }: { model: ModelDetail; isFirst: boolean; version: ModelVersion; stored: StoredEvaluation | null; standing: Standing; onPromote: DecisionsProps["onPromote"] }) {
  const { t, i18n } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const named = t("toDecide.version", { version: version.version, plugin: version.plugin });
  const reasons = standing === "blocked" || standing === "passed" ? (stored?.verdict.reasons ?? []) : [];
  return (
    <section className={css["decision"]} aria-label={named} data-testid="challenger">
      <p>
        <Badge tone={tones[standing]}>{t(`toDecide.standing.${standing}`)}</Badge> <strong>{named}</strong>
      </p>
      {reasons.length > 0 ? (
        <details className={css["why"]} open={isFirst}>
          <summary>{t("models.why")}</summary>
          <ul className={css["reasons"]}>
            {reasons.map((reason, index) => (
              <li key={`${reason.code} ${String(index)}`}>{inLanguage(reason.text, i18n.language)}</li>
            ))}
          </ul>
        </details>
      ) : (
        <p className={css["soft"]}>{t("toDecide.madeAt", { at: moment(version.created_at) })}</p>
      )}
      <div className={css["actions"]}>
        {onPromote ? (
          <Button small look={standing === "passed" ? "primary" : "plain"} onPress={() => onPromote(version.version)}>
            {t("models.promoteVersion", { version: version.version })}
          </Button>
        ) : null}
        {model.champion === null ? null : <Link href={`${paths.model(model.name)}?tab=versions&a=${String(version.version)}&b=${String(model.champion)}`}>{t("toDecide.compare")}</Link>}
        {version.run_id ? <Link href={paths.run(version.run_id)}>{t("toDecide.verdict")}</Link> : null}
      </div>
    </section>
  );
}
