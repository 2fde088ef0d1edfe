import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "../../routing/useTitle";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice, Notice } from "../../ui/Notice";
import { mayManage, useSession } from "../session";
import { useArchive, useDelete, useRename } from "./api";
import { DeletedProjects } from "./DeletedProjects";
import css from "./Settings.module.css";
import { UsageCard } from "./UsageCard";

interface SettingsPageProps {
  /** Leaves the pages of the deleted project; by default by loading the first page. */
  leave?: () => void;
}

/** Page that renames, archives and deletes the project, and restores deleted ones. */
export default function SettingsPage({ leave = () => window.location.assign("/") }: SettingsPageProps) {
  const { t } = useTranslation();
  const session = useSession();
  const owner = session.role === "owner";
  useTitle(t("settings.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("settings.title")} note={t("settings.note")} />
      <UsageCard />
      {mayManage(session) && !session.archived ? <Rename /> : null}
      {owner ? <Archive /> : null}
      {owner ? <Delete leave={leave} /> : null}
      <DeletedProjects />
    </div>
  );
}

function Rename() {
  const { t } = useTranslation();
  const session = useSession();
  const [name, setName] = useState(session.name);
  const rename = useRename();
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (name.trim() !== "") rename.mutate(name.trim());
  };
  return (
    <Card title={t("settings.rename")}>
      <form className={css["form"]} onSubmit={submit}>
        <TextField label={t("settings.name")} value={name} onChange={setName} name="name" testId="project-name" />
        <Button type="submit" pending={rename.isPending} testId="rename-project">
          {t("settings.rename")}
        </Button>
      </form>
      {rename.error ? <ErrorNotice error={rename.error} /> : null}
      {rename.isSuccess ? <Notice tone="good" role="status">{t("settings.renamed")}</Notice> : null}
    </Card>
  );
}

function Archive() {
  const { t } = useTranslation();
  const { archived } = useSession();
  const archive = useArchive();
  return (
    <Card title={t("settings.archive")} note={t("settings.archiveNote")}>
      <Button onPress={() => archive.mutate(!archived)} pending={archive.isPending} testId="archive-project">
        {archived ? t("settings.unarchive") : t("settings.archive")}
      </Button>
      {archive.error ? <ErrorNotice error={archive.error} /> : null}
    </Card>
  );
}

function Delete({ leave }: { leave: () => void }) {
  const { t } = useTranslation();
  const { slug } = useSession();
  const [typed, setTyped] = useState("");
  const deletion = useDelete(leave);
  if (slug === "default") return <Card title={t("settings.delete")} note={t("settings.isDefault")}>{null}</Card>;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (typed === slug) deletion.mutate(typed);
  };
  return (
    <Card title={t("settings.delete")} note={t("settings.deleteNote")}>
      <form className={css["form"]} onSubmit={submit}>
        <TextField label={t("settings.confirm", { slug })} value={typed} onChange={setTyped} name="confirm" testId="confirm-slug" />
        <Button type="submit" look="danger" disabled={typed !== slug} pending={deletion.isPending} testId="delete-project">
          {t("settings.delete")}
        </Button>
      </form>
      {deletion.error ? <ErrorNotice error={deletion.error} /> : null}
    </Card>
  );
}
