import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Account } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { useTitle } from "../../routing/useTitle";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Loading, Notice } from "../../ui/Notice";
import css from "./Account.module.css";
import { accountQuery, useRename, useSetPassword } from "./api";
import { SessionsCard } from "./SessionsCard";

const MIN_LENGTH = 12;

/** The account of the signed-in person: name, password, browser sessions. */
export default function AccountPage() {
  const { t } = useTranslation();
  const { data, error } = useQuery(accountQuery);
  useTitle(t("account.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("account.title")} note={t("account.note")} />
      {error === null ? null : <ErrorNotice error={error} />}
      {data === undefined ? (
        error === null ? <Loading /> : null
      ) : (
        <>
          <NameCard key={data.name} account={data} />
          <PasswordCard account={data} />
          <SessionsCard />
        </>
      )}
    </div>
  );
}

function NameCard({ account }: { account: Account }) {
  const { t } = useTranslation();
  const [name, setName] = useState(account.name);
  const rename = useRename();
  const missing = name.trim() === "";
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (!missing) rename.mutate(name.trim());
  };
  return (
    <Card title={t("account.nameTitle")}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <TextField label={t("account.name")} hint={t("account.nameHint")} value={name} onChange={setName} name="name" autoComplete="username" error={missing ? t("account.nameMissing") : undefined} testId="account-name" />
        <Button type="submit" pending={rename.isPending} disabled={missing || name.trim() === account.name} testId="rename">
          {t("account.save")}
        </Button>
      </form>
      {rename.error ? <ErrorNotice error={rename.error} /> : null}
    </Card>
  );
}

function PasswordCard({ account }: { account: Account }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const [current, setCurrent] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const change = useSetPassword();
  const changedAt = account.password_changed_at;
  const short = Array.from(password).length < MIN_LENGTH;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (short || password !== again) return;
    change.mutate(
      { password, current },
      {
        onSuccess: () => {
          setCurrent("");
          setPassword("");
          setAgain("");
          setTried(false);
        },
      },
    );
  };
  return (
    <Card title={t("account.passwordTitle")} note={changedAt === null ? t("account.noPassword") : t("account.passwordSet", { at: moment(changedAt) })}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <input type="text" name="username" autoComplete="username" value={account.name} readOnly hidden />
        {changedAt === null ? null : (
          <TextField label={t("account.current")} hint={t("account.currentHint")} value={current} onChange={setCurrent} name="current" isSecret autoComplete="current-password" testId="current-password" />
        )}
        <TextField label={t("account.password")} hint={t("account.passwordHint")} value={password} onChange={setPassword} name="password" isSecret autoComplete="new-password" error={tried && short ? t("account.tooShort") : undefined} testId="new-password" />
        <TextField label={t("account.again")} value={again} onChange={setAgain} name="again" isSecret autoComplete="new-password" error={tried && !short && password !== again ? t("account.different") : undefined} testId="new-password-again" />
        <Button type="submit" pending={change.isPending} testId="set-password">
          {t("account.change")}
        </Button>
      </form>
      {change.error ? <ErrorNotice error={change.error} /> : null}
      {change.isSuccess ? (
        <Notice tone="good" role="status">
          {t("account.changed")}
        </Notice>
      ) : null}
    </Card>
  );
}
