import { useMutation } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { post } from "../../api/client";
import { pathsOf } from "../../routing/paths";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { TextField } from "../../ui/forms/Field";
import { ErrorNotice } from "../../ui/Notice";
import css from "./Chooser.module.css";
import { isSlug, slugOf } from "./slug";

interface CreateProjectProps {
  onClose: () => void;
  /** Opens the page of the new project; by default by loading it, so that nothing of the present project stays. */
  open?: (path: string) => void;
}

/** Dialog that creates a project and opens it. The slug follows the name until it is edited. */
export function CreateProject({ onClose, open = (path) => window.location.assign(path) }: CreateProjectProps) {
  const { t } = useTranslation();
  const [name, setName] = useState("");
  const [edited, setEdited] = useState<string | null>(null);
  const [tried, setTried] = useState(false);
  const slug = edited ?? slugOf(name);
  const create = useMutation({
    mutationFn: () => post("/projects", { slug, name: name.trim() }),
    onSuccess: (made) => open(pathsOf(made.slug).home),
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (name.trim() !== "" && isSlug(slug)) create.mutate();
  };
  return (
    <Dialog title={t("project.create")} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <TextField label={t("project.name")} value={name} onChange={setName} name="name" error={tried && name.trim() === "" ? t("project.nameMissing") : undefined} testId="project-name" />
        <TextField label={t("project.slug")} hint={t("project.slugHint")} value={slug} onChange={setEdited} name="slug" error={tried && name.trim() !== "" && !isSlug(slug) ? t("project.notSlug") : undefined} testId="project-slug" />
        {create.error ? <ErrorNotice error={create.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("project.cancel")}</Button>
          <Button type="submit" look="primary" pending={create.isPending} testId="create-project">
            {t("project.create")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
