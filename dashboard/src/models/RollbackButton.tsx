import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { ModelDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { liveScoresQuery } from "../predictions/api";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice, Loading } from "../ui/Notice";
import { say } from "../ui/toasts";
import { rollbackQuery, useRollback, versionQuery } from "./api";
import css from "./Models.module.css";

/** Rolls the champion back in two clicks; the dialog between them says what will serve afterwards. */
export function RollbackButton({ model }: { model: ModelDetail }) {
  const { t } = useTranslation();
  const target = useQuery(rollbackQuery(model.name));
  const [open, setOpen] = useState(false);
  const to = target.data?.to_version ?? null;
  const from = target.data?.from_version ?? null;
  if (to === null || from === null) return null;
  return (
    <>
      <Button onPress={() => setOpen(true)} testId="rollback">
        {t("models.rollback")}
      </Button>
      {open ? <RollbackDialog name={model.name} from={from} to={to} since={target.data?.at ?? null} onClose={() => setOpen(false)} /> : null}
    </>
  );
}

function RollbackDialog({ name, from, to, since, onClose }: { name: string; from: number; to: number; since: string | null; onClose: () => void }) {
  const { t } = useTranslation();
  const { moment, number, percent } = useFormats();
  const version = useQuery(versionQuery(name, to));
  const scores = useQuery(liveScoresQuery(name));
  const rollback = useRollback(name);
  const [reason, setReason] = useState("");
  const live = (wanted: number) => {
    const score = scores.data?.total.find((each) => each.version === wanted && !each.late);
    if (!score || !scores.data) return null;
    const shown = (loss: number | null) => (scores.data.classes ? percent(loss) : `${number(loss)} ${scores.data.unit}`);
    return t("rollback.live", { version: wanted, loss: shown(score.loss), naive: shown(score.naive_loss), count: score.count });
  };
  const submit = () =>
    rollback.mutate(
      { from, reason: reason.trim() || null },
      {
        onSuccess: () => {
          say({ text: t("rollback.done", { model: name, version: to }), tone: "good" });
          onClose();
        },
      },
    );
  return (
    <Dialog title={t("models.rollback")} open onClose={onClose}>
      <form
        className={css["form"]}
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <p data-testid="rollback-statement">
          <strong>{t("rollback.statement", { to, from })}</strong>{" "}
          {version.data && since !== null ? t("rollback.about", { to, plugin: version.data.plugin, start: moment(since) }) : null}
        </p>
        {version.isLoading ? <Loading /> : null}
        {[live(to), live(from)].filter((line) => line !== null).map((line) => (
          <p key={line} className={css["soft"]}>{line}</p>
        ))}
        <p className={css["soft"]}>{t("rollback.unchanged", { to })}</p>
        <TextField label={t("models.decisionReason")} value={reason} onChange={setReason} />
        {rollback.error ? <ErrorNotice error={rollback.error} /> : null}
        <DialogActions>
          <Button onPress={onClose}>{t("common.close")}</Button>
          <Button look="primary" type="submit" pending={rollback.isPending} testId="confirm-rollback">
            {t("rollback.confirm", { version: to })}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  );
}
