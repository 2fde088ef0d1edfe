import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { DeletedProject } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice, Loading, Notice } from "../../ui/Notice";
import { deletedQuery, usePurge, useRestore } from "./api";
import css from "./Settings.module.css";

/** The person's deleted projects, to restore or to purge. */
export function DeletedProjects() {
  const { t } = useTranslation();
  const { bytes, day } = useFormats();
  const { data, error } = useQuery(deletedQuery);
  const [asked, setAsked] = useState<DeletedProject | null>(null);
  const restore = useRestore();
  const purge = usePurge();
  return (
    <Card title={t("settings.deleted")}>
      {error === null ? null : <ErrorNotice error={error} />}
      {restore.error ? <ErrorNotice error={restore.error} /> : null}
      {purge.data ? <Notice tone="good" role="status">{t("settings.purged", { bytes: bytes(purge.data.bytes_freed) })}</Notice> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data?.length === 0 ? <p>{t("settings.noneDeleted")}</p> : null}
      <ul className={css["list"]} data-testid="deleted-projects">
        {data?.map((project) => (
          <li key={project.slug}>
            <span>
              {project.name} ({project.slug}) · {t("settings.purgedAfter")}: {day(project.purged_after)}
            </span>
            <span className={css["actions"]}>
              <Button small onPress={() => restore.mutate(project.slug)} testId={`restore-${project.slug}`}>
                {t("settings.restore")} <span className="visually-hidden">{project.name}</span>
              </Button>
              <Button small look="danger" onPress={() => setAsked(project)} testId={`purge-${project.slug}`}>
                {t("settings.purge")} <span className="visually-hidden">{project.name}</span>
              </Button>
            </span>
          </li>
        ))}
      </ul>
      {asked === null ? null : (
        <Dialog title={t("settings.purgeTitle", { name: asked.name })} open onClose={() => setAsked(null)} question>
          <p>{t("settings.purgeText")}</p>
          {purge.error ? <ErrorNotice error={purge.error} /> : null}
          <DialogActions>
            <Button onPress={() => setAsked(null)}>{t("settings.keep")}</Button>
            <Button look="danger" pending={purge.isPending} onPress={() => purge.mutate(asked.slug, { onSuccess: () => setAsked(null) })} testId="confirm-purge">
              {t("settings.purge")}
            </Button>
          </DialogActions>
        </Dialog>
      )}
    </Card>
  );
}
