import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import type { RunDetail } from "../api/types";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { placeOf } from "../projects/trash/api";
import { DeleteButton } from "../projects/trash/DeleteButton";
import { Button, ButtonLink } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { useCancelRun, usePinRun, useResumeRun } from "./api";
import { hasEnded } from "./live";
import { EditRun } from "./page/labels/EditRun";

/** Buttons: cancel (after a confirmation), resume from the newest checkpoint, and start a copy with the same config. */
export function RunActions({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const cancel = useCancelRun(run.id);
  const resume = useResumeRun(run.id);
  const [asking, setAsking] = useState(false);
  const pin = usePinRun(run.id, run.pinned);
  const [, navigate] = useLocation();
  if (!mayWrite(session) || run.deleted_at !== null) return null;
  const ended = hasEnded(run.state);
  const again = run.kind === "train" || run.kind === "agent";

  return (
    <>
      {resume.error ? <ErrorNotice error={resume.error} /> : null}
      {pin.error ? <ErrorNotice error={pin.error} /> : null}
      {ended && run.state !== "succeeded" && run.kind !== "external" ? (
        <Button look="primary" pending={resume.isPending} onPress={() => resume.mutate()} testId="resume-run">
          {t("run.resume")}
        </Button>
      ) : null}
      {ended && again ? <ButtonLink to={paths.newRun({ from: run.id })}>{t("runPage.clone")}</ButtonLink> : null}
      {ended && again ? <ButtonLink to={paths.newSchedule(run.id)}>{t("run.schedule")}</ButtonLink> : null}
      <EditRun run={run} />
      <Button pending={pin.isPending} onPress={() => pin.mutate()} testId="pin-run">
        {t(run.pinned ? "trash.unpin" : "trash.pin")}
      </Button>
      {ended ? <DeleteButton what={run.name} place={placeOf.run(run.id)} onDone={() => navigate(paths.runs)} /> : null}
      {ended ? null : (
        <Button look="danger" disabled={run.cancel_requested} onPress={() => setAsking(true)} testId="cancel-run">
          {run.cancel_requested ? t("states.stopping") : t("run.cancel")}
        </Button>
      )}
      <Dialog title={t("run.cancelTitle")} open={asking && !ended} onClose={() => setAsking(false)} question>
        <p>{t("run.cancelText")}</p>
        {cancel.error ? <ErrorNotice error={cancel.error} /> : null}
        <DialogActions>
          <Button onPress={() => setAsking(false)}>{t("run.keepRunning")}</Button>
          <Button
            look="danger"
            pending={cancel.isPending}
            testId="confirm-cancel"
            onPress={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}
          >
            {t("run.cancel")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
