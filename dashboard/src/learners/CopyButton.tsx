import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { usePaths } from "../projects/session";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useCopyLearner } from "./api";
import css from "./Learners.module.css";

/** Button that creates a learner which continues from a saved state of this one, after asking for its name. */
export function CopyButton({ id, name, seq }: { id: string; name: string; seq: number }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const copy = useCopyLearner(id);
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState(`${name}-${String(seq)}`);
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    copy.mutate({ name: typed.trim(), seq }, { onSuccess: (made) => navigate(paths.learner(made.name)) });
  };
  return (
    <>
      <Button small onPress={() => setAsking(true)} label={t("learners.copyFrom", { row: seq })} testId="copy-learner">
        {t("learners.copy")}
      </Button>
      <Dialog title={t("learners.copyFrom", { row: seq })} open={asking} onClose={() => setAsking(false)}>
        <form onSubmit={submit} className={css["form"]} noValidate>
          <p>{t("learners.copyText")}</p>
          <TextField label={t("learners.name")} hint={t("learners.nameHint")} value={typed} onChange={setTyped} testId="copy-name" />
          {copy.error ? <ErrorNotice error={copy.error} /> : null}
          <DialogActions>
            <Button onPress={() => setAsking(false)}>{t("common.close")}</Button>
            <Button look="primary" type="submit" pending={copy.isPending}>
              {t("learners.create")}
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </>
  );
}
