import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { policyQuery, usePromote } from "./api";
import css from "./Models.module.css";

/** Dialog that promotes a version by hand; a reason is required and kept in the history. */
export function MoveDialog({ name, version, onClose }: { name: string; version: number; onClose: () => void }) {
  const { t } = useTranslation();
  const move = usePromote(name);
  const policy = useQuery(policyQuery(name));
  const [reason, setReason] = useState("");
  const [tried, setTried] = useState(false);
  const title = t("models.promoteVersion", { version });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    setTried(true);
    if (reason.trim() !== "") move.mutate({ version, reason: reason.trim() }, { onSuccess: onClose });
  };
  return (
    <Dialog title={title} open onClose={onClose}>
      <form onSubmit={submit} className={css["form"]} noValidate>
        <p>{t("models.promoteText")}</p>
        {policy.data !== undefined && policy.data.approvals > 0 ? <p>{t("models.promoteWaits")}</p> : null}
        <TextField label={t("models.reason")} value={reason} onChange={setReason} required error={tried && reason.trim() === "" ? t("models.reasonMissing") : undefined} />
        {move.error ? <ErrorNotice error={move.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" pending={move.isPending}>
            {title}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
