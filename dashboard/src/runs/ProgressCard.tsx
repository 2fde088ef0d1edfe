import { ProgressBar } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import type { LiveStatus } from "../events/connection";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import css from "./Progress.module.css";

/** The phases of a training run that have a name in both languages. */
const PHASES = ["kernels", "split", "fit", "predict", "fit_baselines", "predict_baselines", "judge", "refit", "validate"] as const;

export function usePhaseName(): (phase: string | null | undefined) => string {
  const { t } = useTranslation();
  return (phase) => {
    const known = PHASES.find((name) => name === phase);
    return known ? t(`phases.${known}`) : (phase ?? "");
  };
}

/** Progress, rate and remaining time. A screen reader announces every tenth of the progress, politely. */
export function ProgressCard({ run, status }: { run: RunDetail; status: LiveStatus }) {
  const { t } = useTranslation();
  const { count, duration, number, percent } = useFormats();
  const phaseName = usePhaseName();
  const { progress } = run;
  const queued = run.state === "queued";
  const waiting = run.waiting_on > 0 ? t("progress.waiting", { count: run.waiting_on, shown: count(run.waiting_on) }) : t("progress.queued");
  const phase = phaseName(progress.phase);
  const parts = [
    progress.total > 0 ? t("progress.done", { done: count(progress.done), total: count(progress.total) }) : "",
    progress.rate_per_second ? t("progress.rate", { rate: number(progress.rate_per_second, 3) }) : "",
    progress.seconds_left === null || progress.seconds_left === undefined ? "" : t("progress.left", { left: duration(progress.seconds_left) }),
  ].filter((text) => text !== "");
  const spoken = `${percent(Math.floor(progress.share * 10) / 10)} ${phase}`;

  return (
    <Card testId="progress">
      <ProgressBar value={progress.share} maxValue={1} aria-label={t("progress.title")}>
        <div className={css["line"]}>
          <span className={css["phase"]}>{queued ? waiting : phase || t("progress.starting")}</span>
          <span className={css["share"]}>{percent(progress.share)}</span>
        </div>
        <div className={css["track"]}>
          <div className={css["fill"]} style={{ width: `${progress.share * 100}%` }} />
        </div>
      </ProgressBar>
      <div className={css["line"]}>
        <span className={css["soft"]}>{parts.length > 0 ? parts.join(" · ") : t("progress.noRate")}</span>
        <span className={css["soft"]}>{status === "live" ? progress.note : t("progress.connecting")}</span>
      </div>
      <p className="visually-hidden" aria-live="polite">
        {queued ? "" : spoken}
      </p>
    </Card>
  );
}
