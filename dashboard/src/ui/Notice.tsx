import { useEffect, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Problem } from "../api/problem";
import { markShown } from "./failures";
import { Icon } from "./Icon";
import css from "./Notice.module.css";

type Tone = "info" | "bad" | "ember" | "good";

export function Notice({ tone = "info", children, role }: { tone?: Tone; children: ReactNode; role?: "alert" | "status" }) {
  return (
    <div className={`${css["notice"]} ${css[tone]}`} role={role}>
      <Icon name={tone === "good" ? "check" : tone === "info" ? "info" : "warning"} />
      <div className={css["body"]}>{children}</div>
    </div>
  );
}

/** An error of the platform: what, where, and what to do next. */
export function ErrorNotice({ error }: { error: unknown }) {
  const { t } = useTranslation();
  useEffect(() => markShown(error), [error]);
  if (!(error instanceof Problem)) {
    return (
      <Notice tone="bad" role="alert">
        {t("errors.unexpected")}
      </Notice>
    );
  }
  const what = error.status === 0 ? t("errors.unreachable") : error.message === "" ? t("errors.unexpected") : error.message;
  return (
    <Notice tone="bad" role="alert">
      <p>{what}</p>
      {error.where && !what.includes(error.where) ? <p className={css["more"]}>{t("errors.where", { where: error.where })}</p> : null}
      {error.nextStep ? <p className={css["more"]}>{t("errors.next", { next: error.nextStep })}</p> : null}
    </Notice>
  );
}

/** Notice of an empty list, with the next step. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className={css["empty"]}>
      <p className={css["emptyTitle"]}>{title}</p>
      {children}
    </div>
  );
}

export function Loading() {
  const { t } = useTranslation();
  return (
    <p className={css["loading"]} role="status">
      {t("common.loading")}
    </p>
  );
}
