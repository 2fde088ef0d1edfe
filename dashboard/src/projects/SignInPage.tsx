import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { Problem } from "../api/problem";
import { LanguageSwitch } from "../language/LanguageSwitch";
import { clearFragment, safeNext } from "../routing/paths";
import { useTitle } from "../routing/useTitle";
import { Logo } from "../shell/Logo";
import { ThemeSwitch } from "../theme/ThemeSwitch";
import { GuideLink } from "../ui/GuideLink";
import { ErrorNotice, Loading, Notice } from "../ui/Notice";
import { forgetAllButDrafts } from "./draft";
import { PasswordForm } from "./PasswordForm";
import { signIn } from "./session";
import css from "./SignInPage.module.css";

/** The reason why the link was refused; the next step is always shown below it. */
function Refused({ error }: { error: unknown }) {
  return error instanceof Problem && error.status === 401 ? (
    <Notice tone="bad" role="alert">
      {error.message}
    </Notice>
  ) : (
    <ErrorNotice error={error} />
  );
}

/** Read the secret from the fragment, which is never sent to a server. React may render again before the page appears, so reading changes nothing. */
function readLink(): { link: string | null; next: string | null } {
  const fields = new URLSearchParams(window.location.hash.slice(1));
  return { link: fields.get("link"), next: safeNext(fields.get("next")) };
}

export default function SignInPage() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [asked] = useState(readLink);
  const [error, setError] = useState<unknown>(null);
  const started = useRef(false);
  useTitle(t("signIn.title"));

  const enter = useCallback(() => {
    forgetAllButDrafts(); // cursors of another data home
    navigate(asked.next ?? "/", { replace: true });
  }, [asked, navigate]);

  useEffect(clearFragment, []);
  useEffect(() => client.clear(), [client]); // the projects of the person who was signed in before
  useEffect(() => {
    if (asked.link === null || started.current) return;
    started.current = true; // a link works once; Strict Mode runs effects twice
    signIn(asked.link).then(enter, (reason: unknown) => setError(reason));
  }, [asked, enter]);

  return (
    <main className={css["page"]} data-testid="sign-in">
      <div className={css["panel"]}>
        <div className={css["brand"]}>
          <Logo size={40} />
          <h1>AzuraForge</h1>
        </div>
        {asked.link !== null && error === null ? (
          <Loading />
        ) : (
          <>
            {error === null ? null : <Refused error={error} />}
            <PasswordForm onDone={enter} onError={setError} />
            <h2 className={css["or"]}>{t("signIn.linkTitle")}</h2>
            <p>{t("signIn.how")}</p>
            <pre className={css["command"]}>azuraforge link</pre>
            <p className={css["soft"]}>{t("signIn.then")}</p>
          </>
        )}
      </div>
      <div className={css["switches"]}>
        <GuideLink />
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}
