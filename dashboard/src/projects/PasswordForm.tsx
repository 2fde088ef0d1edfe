import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { TextField } from "../ui/forms/Field";
import { signInWithPassword } from "./session";
import css from "./SignInPage.module.css";

/** Signs in with a name and a password. Fields and their names are those that password managers know. */
export function PasswordForm({ onDone, onError }: { onDone: () => void; onError: (error: unknown) => void }) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === "" || password === "") return;
    setPending(true);
    onError(null);
    signInWithPassword(name.trim(), password)
      .then(onDone, (error: unknown) => {
        setPassword("");
        setTried(false);
        onError(error);
      })
      .finally(() => setPending(false));
  };
  return (
    <form onSubmit={submit} className={css["form"]} noValidate>
      <TextField label={t("signIn.name")} value={name} onChange={setName} name="username" autoComplete="username" error={tried && name.trim() === "" ? t("signIn.nameMissing") : undefined} testId="sign-in-name" />
      <TextField label={t("signIn.password")} value={password} onChange={setPassword} name="password" isSecret autoComplete="current-password" error={tried && password === "" ? t("signIn.passwordMissing") : undefined} testId="sign-in-password" />
      <div className={css["actions"]}>
        <Button type="submit" look="primary" pending={pending} testId="sign-in-submit">
          {t("signIn.submit")}
        </Button>
      </div>
    </form>
  );
}
