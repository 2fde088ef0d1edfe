import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { SelectField, TextField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import { ShownOnce } from "../../ui/ShownOnce";
import { membersQuery } from "../members/api";
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
  const [account, setAccount] = useState("");
  const accounts = useQuery(membersQuery).data?.filter((each) => each.kind === "service") ?? [];
  const [tried, setTried] = useState(false);
  // A user can grant at most their own role.
  const roles = ROLES.slice(0, ROLES.indexOf(session.role) + 1);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    const valid = readDays(days);
    if (name.trim() === "" || valid === undefined) return;
    create.mutate(
      { name: name.trim(), role, expires_in_days: valid, ...(account === "" ? {} : { service_account: account }) },
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
        {accounts.length === 0 ? null : (
          <SelectField label={t("tokens.member")} hint={t("tokens.memberHint")} value={account} onChange={setAccount} options={[{ value: "", label: t("tokens.mine") }, ...accounts.map((each) => ({ value: each.id, label: each.name }))]} testId="token-account" />
        )}
        <Button type="submit" look="primary" pending={create.isPending} testId="make-token">
          {t("tokens.make")}
        </Button>
      </form>
      {create.error ? <ErrorNotice error={create.error} /> : null}
      {create.data ? <ShownOnce text={t("tokens.made", { name: create.data.name })} label={t("tokens.secret")} value={create.data.token} onDone={() => create.reset()} testId="token-secret" /> : null}
    </Card>
  );
}
