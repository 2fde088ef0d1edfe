import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { get, post } from "../../api/client";
import { Problem } from "../../api/problem";
import { LanguageSwitch } from "../../language/LanguageSwitch";
import { useFormats } from "../../language/useFormats";
import { clearFragment, pathsOf } from "../../routing/paths";
import { useTitle } from "../../routing/useTitle";
import { Logo } from "../../shell/Logo";
import { ThemeSwitch } from "../../theme/ThemeSwitch";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Loading, Notice } from "../../ui/Notice";
import css from "../SignInPage.module.css";

const MIN_LENGTH = 12;

/** Read the secret from the fragment, which is never sent to a server. React may render again before the page appears, so reading changes nothing. */
function readInvitation(): string | null {
  return new URLSearchParams(window.location.hash.slice(1)).get("invitation");
}

/** The signed-in person's name; null if nobody is signed in, which is no error here. */
async function whoIsHere(signal: AbortSignal): Promise<string | null> {
  try {
    return (await get("/sessions/current", {}, signal)).person;
  } catch (error) {
    if (error instanceof Problem && error.status === 401) return null;
    throw error;
  }
}

interface InvitationPageProps {
  /** Opens the project's page by loading it, so that nothing of another project stays. */
  open?: (path: string) => void;
}

/** The page that an invitation's link opens: what it is, and how to accept it. */
export default function InvitationPage({ open = (path) => window.location.assign(path) }: InvitationPageProps) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const [invitation] = useState(readInvitation);
  useTitle(t("invitation.title"));
  useEffect(clearFragment, []);
  const found = useQuery({
    queryKey: ["invitation", invitation],
    queryFn: () => post("/invitations/lookup", { invitation }),
    enabled: invitation !== null,
    retry: false,
    staleTime: Infinity,
  });
  const here = useQuery({ queryKey: ["here"], queryFn: ({ signal }) => whoIsHere(signal), retry: false, staleTime: 0 });
  const error = found.error ?? here.error;
  return (
    <main className={css["page"]} data-testid="invitation">
      <div className={css["panel"]}>
        <div className={css["brand"]}>
          <Logo size={40} />
          <h1>{t("invitation.title")}</h1>
        </div>
        {invitation === null ? <Notice tone="bad" role="alert">{t("invitation.missing")}</Notice> : null}
        {error === null ? null : <ErrorNotice error={error} />}
        {invitation === null || error !== null ? <Elsewhere person={here.data} /> : null}
        {invitation !== null && error === null && (found.data === undefined || here.data === undefined) ? <Loading /> : null}
        {invitation === null || found.data === undefined || here.data === undefined ? null : (
          <>
            <p>{t("invitation.to", { by: found.data.created_by, project: found.data.project, role: t(`roles.${found.data.role}`) })}</p>
            <p className={css["soft"]}>{t("invitation.until", { at: moment(found.data.expires_at) })}</p>
            <Acceptance invitation={invitation} person={here.data} open={open} />
          </>
        )}
      </div>
      <div className={css["switches"]}>
        <LanguageSwitch />
        <ThemeSwitch />
      </div>
    </main>
  );
}

/** The way on from an invitation that cannot be used. */
function Elsewhere({ person }: { person: string | null | undefined }) {
  const { t } = useTranslation();
  return (
    <p>
      <a href="/">{t(person ? "project.yours" : "invitation.signIn")}</a>
    </p>
  );
}

function Acceptance({ invitation, person, open }: { invitation: string; person: string | null; open: (path: string) => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const [pending, setPending] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const short = Array.from(password).length < MIN_LENGTH;

  const accept = (account: { name?: string; password?: string }) => {
    setPending(true);
    setError(null);
    post("/invitations/accept", { invitation, ...account })
      .then((project) => {
        sessionStorage.clear(); // cursors of the person who was signed in before
        open(pathsOf(project.slug).home);
      }, setError)
      .finally(() => setPending(false));
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== "" && !short) accept({ name: name.trim(), password });
  };

  if (person !== null) {
    return (
      <>
        <p>{t("invitation.as", { name: person })}</p>
        {error === null ? null : <ErrorNotice error={error} />}
        {error instanceof Problem && error.status === 409 ? <Elsewhere person={person} /> : null}
        <div className={css["actions"]}>
          <Button look="primary" pending={pending} onPress={() => accept({})} testId="join">
            {t("invitation.join")}
          </Button>
        </div>
      </>
    );
  }
  return (
    <>
      <h2 className={css["or"]}>{t("invitation.newTitle")}</h2>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <TextField label={t("invitation.name")} hint={t("invitation.nameHint")} value={name} onChange={setName} name="username" autoComplete="username" error={tried && name.trim() === "" ? t("invitation.nameMissing") : undefined} testId="new-name" />
        <TextField label={t("invitation.password")} hint={t("invitation.passwordHint")} value={password} onChange={setPassword} name="password" isSecret error={tried && short ? t("invitation.tooShort") : undefined} testId="new-account-password" />
        {error === null ? null : <ErrorNotice error={error} />}
        <div className={css["actions"]}>
          <Button type="submit" look="primary" pending={pending} testId="create-account">
            {t("invitation.create")}
          </Button>
        </div>
      </form>
      <h2 className={css["or"]}>{t("invitation.haveTitle")}</h2>
      <div className={css["actions"]}>
        <Button onPress={() => navigate(`/sign-in#next=${encodeURIComponent(`/invitation#invitation=${invitation}`)}`)} testId="sign-in-first">
          {t("invitation.signIn")}
        </Button>
      </div>
    </>
  );
}
