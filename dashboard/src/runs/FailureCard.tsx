import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import type { RunError, RunState } from "../api/types";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";

/** The error of a failed run: what, where, and what to do next. */
export function FailureCard({ error, state, children }: { error: RunError; state: RunState; children?: ReactNode }) {
  const { t } = useTranslation();
  const title = state === "quarantined" || state === "cancelled" ? t(`failure.${state}`) : t("failure.title");
  return (
    <Card title={title} tone="bad">
      <p>{error.message}</p>
      {error.where ? <p className={css["soft"]}>{t("errors.where", { where: error.where })}</p> : null}
      {error.next_step ? <p>{t("errors.next", { next: error.next_step })}</p> : null}
      {children}
      <p className={css["footnote"]}>
        <code>{error.code}</code>
      </p>
    </Card>
  );
}
