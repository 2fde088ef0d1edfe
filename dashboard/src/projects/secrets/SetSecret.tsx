import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { useSetSecret } from "./api";
import css from "./Secrets.module.css";

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/u;

/** Form that stores a value under a name; the field is cleared afterwards. */
export function SetSecret() {
  const { t } = useTranslation();
  const set = useSetSecret();
  const [name, setName] = useState("");
  const [value, setValue] = useState("");
  const [tried, setTried] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (!NAME.test(name) || value === "") return;
    set.mutate(
      { name, value },
      {
        onSuccess: () => {
          setName("");
          setValue("");
          setTried(false);
        },
      },
    );
  };
  return (
    <Card title={t("secrets.new")}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <div className={css["fields"]}>
          <TextField label={t("secrets.name")} hint={t("secrets.nameHint")} value={name} onChange={setName} name="name" error={tried && !NAME.test(name) ? t("secrets.notName") : undefined} testId="secret-name" />
          <TextField label={t("secrets.value")} hint={t("secrets.valueHint")} value={value} onChange={setValue} isSecret error={tried && value === "" ? t("secrets.noValue") : undefined} testId="secret-value" />
        </div>
        <Button type="submit" look="primary" pending={set.isPending} testId="set-secret">
          {t("secrets.store")}
        </Button>
      </form>
      {set.error ? <ErrorNotice error={set.error} /> : null}
      {set.data ? (
        <Notice tone="good" role="status">
          <p>{t("secrets.stored", { name: set.data.name })}</p>
        </Notice>
      ) : null}
    </Card>
  );
}
