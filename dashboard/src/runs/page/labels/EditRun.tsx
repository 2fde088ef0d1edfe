import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { RunDetail } from "../../../api/types";
import { mayWrite, useSession } from "../../../projects/session";
import { Button } from "../../../ui/Button";
import { Dialog, DialogActions } from "../../../ui/Dialog";
import { Field, TextField } from "../../../ui/forms/Field";
import { ErrorNotice } from "../../../ui/Notice";
import { useChangeRun } from "../../api";
import css from "./Labels.module.css";
import { changeOf, labelsOf, wrongTag, type Labels } from "./labels";

/** Button and form for the run's name, tags and note. */
export function EditRun({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const session = useSession();
  const [opened, setOpened] = useState<Labels | null>(null);
  if (!mayWrite(session) || run.deleted_at !== null) return null;
  return (
    <>
      <Button onPress={() => setOpened(labelsOf(run))} testId="edit-run">
        {t("runLabels.edit")}
      </Button>
      {opened === null ? null : <EditDialog id={run.id} before={opened} onClose={() => setOpened(null)} />}
    </>
  );
}

function EditDialog({ id, before, onClose }: { id: string; before: Labels; onClose: () => void }) {
  const { t } = useTranslation();
  const change = useChangeRun(id);
  const [labels, setLabels] = useState(before);
  const [tried, setTried] = useState(false);
  const wrong = wrongTag(labels.tags);
  const nameless = labels.name.trim() === "";
  const save = () => {
    setTried(true);
    if (wrong !== null || nameless) return;
    const changed = changeOf(before, labels);
    if (Object.keys(changed).length === 0) onClose();
    else change.mutate(changed, { onSuccess: onClose });
  };
  return (
    <Dialog title={t("runLabels.title")} open onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          save();
        }}
      >
        <TextField label={t("runLabels.name")} value={labels.name} onChange={(name) => setLabels({ ...labels, name })} error={tried && nameless ? t("runLabels.nameless") : null} testId="run-name" />
        <TextField label={t("runLabels.tags")} hint={t("runLabels.tagsHint")} value={labels.tags} onChange={(tags) => setLabels({ ...labels, tags })} error={wrong === null ? null : t(`runList.tagProblem.${wrong.problem}`)} testId="run-tags-field" />
        <Field label={t("runLabels.note")} hint={t("runLabels.noteHint")}>
          {(control) => <textarea {...control} className={css["text"]} rows={6} dir="auto" value={labels.note} data-testid="run-note-field" onChange={(event) => setLabels({ ...labels, note: event.target.value })} />}
        </Field>
        {change.error ? <ErrorNotice error={change.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("runLabels.cancel")}</Button>
          <Button type="submit" look="primary" pending={change.isPending} testId="save-run">
            {t("runLabels.save")}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
