import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { RetentionPolicy } from "../../api/types";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { mayManage, useSession } from "../session";
import { useSavePolicy } from "./api";
import css from "./Trash.module.css";

const FIELDS = ["trash_days", "keep_run_days", "keep_work_days", "keep_prediction_days"] as const;
/** Settings that may be unlimited. */
const FOR_EVER: readonly string[] = ["keep_run_days", "keep_prediction_days"];
type Typed = Record<(typeof FIELDS)[number], string>;

/** Retention policy of the project, in days. Everyone can see it; admins can change it. */
export function PolicyCard({ policy }: { policy: RetentionPolicy }) {
  const { t } = useTranslation();
  const admin = mayManage(useSession());
  const save = useSavePolicy();
  const [typed, setTyped] = useState<Typed>(() => asTyped(policy));
  const [tried, setTried] = useState(false);
  const wrong = (name: keyof Typed) => (readDays(name, typed[name]) === undefined ? t("trash.notDays") : undefined);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    const [trash, runs, work, predictions] = FIELDS.map((name) => readDays(name, typed[name]));
    if (typeof trash !== "number" || runs === undefined || typeof work !== "number" || predictions === undefined) return;
    save.mutate({ trash_days: trash, keep_run_days: runs, keep_work_days: work, keep_prediction_days: predictions });
  };
  return (
    <Card title={t("trash.policyTitle")} note={t("trash.policyNote")}>
      {admin ? (
        <form onSubmit={submit} className={css["form"]} noValidate>
          <div className={css["fields"]}>
            {FIELDS.map((name) => (
              <TextField
                key={name}
                name={name}
                label={t(`trash.${name}`)}
                hint={t(`trash.${name}_hint`)}
                value={typed[name]}
                mode="numeric"
                error={tried ? wrong(name) : undefined}
                onChange={(value) => setTyped({ ...typed, [name]: value })}
              />
            ))}
          </div>
          <Button type="submit" pending={save.isPending} testId="save-policy">
            {t("trash.save")}
          </Button>
        </form>
      ) : (
        <ul>
          {FIELDS.map((name) => (
            <li key={name}>
              {t(`trash.${name}`)}: {policy[name] ?? t("trash.forEver")}
            </li>
          ))}
        </ul>
      )}
      {save.error ? <ErrorNotice error={save.error} /> : null}
      {save.isSuccess ? (
        <Notice tone="good" role="status">
          {t("trash.saved")}
        </Notice>
      ) : null}
    </Card>
  );
}

function asTyped(policy: RetentionPolicy): Typed {
  return {
    trash_days: String(policy.trash_days),
    keep_run_days: policy.keep_run_days === null ? "" : String(policy.keep_run_days),
    keep_work_days: String(policy.keep_work_days),
    keep_prediction_days: policy.keep_prediction_days === null ? "" : String(policy.keep_prediction_days),
  };
}

/** Return the days; null means for ever (if allowed), undefined an invalid text. */
function readDays(name: keyof Typed, typed: string): number | null | undefined {
  const text = typed.trim();
  const forEver = FOR_EVER.includes(name);
  if (text === "") return forEver ? null : undefined;
  return /^\d{1,5}$/.test(text) && (!forEver || Number(text) > 0) ? Number(text) : undefined;
}
