import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { CreatedToken } from "../../api/types";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { SelectField, TextField } from "../../ui/Field";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { useSession } from "../session";
import { useCreateToken } from "./api";
import css from "./Tokens.module.css";

const ROLES = ["viewer", "member", "admin", "owner"] as const;
const MOST_DAYS = 3650;

/** Return the days; null means "until revoked", undefined an invalid text. */
export function readDays(typed: string): number | null | undefined {
  const text = typed.trim();
  if (text === "") return null;
  return /^\d{1,4}$/.test(text) && Number(text) >= 1 && Number(text) <= MOST_DAYS ? Number(text) : undefined;
}

/** Creates a token and shows its secret once. */
export function NewToken() {
  const { t } = useTranslation();
  const session = useSession();
  const create = useCreateToken();
  const [name, setName] = useState("");
  const [role, setRole] = useState<(typeof ROLES)[number]>("member");
  const [days, setDays] = useState("");
  const [tried, setTried] = useState(false);
  // A user can grant at most their own role.
  const roles = ROLES.slice(0, ROLES.indexOf(session.role) + 1);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    const valid = readDays(days);
    if (name.trim() === "" || valid === undefined) return;
    create.mutate(
      { name: name.trim(), role, expires_in_days: valid },
      {
        onSuccess: () => {
          setName("");
          setDays("");
          setTried(false);
        },
      },
    );
  };
  return (
    <Card title={t("tokens.new")}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <div className={css["fields"]}>
          <TextField label={t("tokens.name")} hint={t("tokens.nameHint")} value={name} onChange={setName} name="name" error={tried && name.trim() === "" ? t("tokens.nameMissing") : undefined} testId="token-name" />
          <SelectField
            label={t("tokens.role")}
            hint={t("tokens.roleHint")}
            value={role}
            onChange={(chosen) => setRole(roles.find((each) => each === chosen) ?? "viewer")}
            options={roles.map((each) => ({ value: each, label: t(`roles.${each}`) }))}
          />
          <TextField label={t("tokens.days")} hint={t("tokens.daysHint")} value={days} onChange={setDays} name="days" mode="numeric" error={tried && readDays(days) === undefined ? t("tokens.notDays") : undefined} />
        </div>
        <Button type="submit" look="primary" pending={create.isPending} testId="make-token">
          {t("tokens.make")}
        </Button>
      </form>
      {create.error ? <ErrorNotice error={create.error} /> : null}
      {create.data ? <Secret made={create.data} onDone={() => create.reset()} /> : null}
    </Card>
  );
}

function Secret({ made, onDone }: { made: CreatedToken; onDone: () => void }) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  // Missing without https, except on this machine; the text is then selected for manual copying.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  return (
    <Notice tone="good" role="status">
      <p>{t("tokens.made", { name: made.name })}</p>
      <div className={css["secret"]}>
        <input className={css["value"]} readOnly value={made.token} aria-label={t("tokens.secret")} data-testid="token-secret" onFocus={(event) => event.target.select()} />
        {clipboard ? (
          <Button small onPress={() => void clipboard.writeText(made.token).then(() => setCopied(true))}>
            {t(copied ? "tokens.copied" : "tokens.copy")}
          </Button>
        ) : null}
        <Button small onPress={onDone} testId="token-done">
          {t("tokens.done")}
        </Button>
      </div>
    </Notice>
  );
}
