import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { useTitle } from "../../routing/useTitle";
import { Button } from "../../ui/Button";
import { useSignOut } from "../session";
import css from "../SignInPage.module.css";
import { CreateProject } from "./CreateProject";

/** The first page of a person without projects. */
export function NoProject() {
  const { t } = useTranslation();
  useTitle(t("project.none"));
  return (
    <main className={css["page"]} data-testid="no-project">
      <div className={css["panel"]}>
        <h1>{t("project.none")}</h1>
        <p>{t("project.noneNext")}</p>
        <NoProjectActions />
      </div>
    </main>
  );
}

/** What a person without projects can do: create one, or sign in as another person. */
export function NoProjectActions() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const [creating, setCreating] = useState(false);
  const signOut = useSignOut(() => navigate("/sign-in", { replace: true }));
  return (
    <div className={css["actions"]}>
      <Button look="primary" onPress={() => setCreating(true)} testId="new-project">
        {t("project.create")}
      </Button>
      <Button onPress={() => signOut.mutate()}>{t("shell.signOut")}</Button>
      {creating ? <CreateProject onClose={() => setCreating(false)} /> : null}
    </div>
  );
}
