import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { StudyDetail } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { useDeleteStudy, usePauseStudy, useResumeStudy, useStopStudy } from "./api";

/** Buttons to pause or resume, stop and delete; the last two ask for confirmation. */
export function StudyActions({ study, onDeleted }: { study: StudyDetail; onDeleted: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  const pause = usePauseStudy(study.id);
  const resume = useResumeStudy(study.id);
  const stop = useStopStudy(study.id);
  const remove = useDeleteStudy(study.id, onDeleted);
  const [asking, setAsking] = useState<"stop" | "delete" | null>(null);
  if (!mayWrite(session) || study.deleted_at) return null;
  const error = pause.error ?? resume.error ?? stop.error;
  const goesOn = study.state === "running" || study.state === "paused";
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {study.state === "running" ? (
        <Button pending={pause.isPending} onPress={() => pause.mutate()} testId="pause-study">
          {t("studies.pause")}
        </Button>
      ) : null}
      {study.state === "paused" ? (
        <Button pending={resume.isPending} onPress={() => resume.mutate()} testId="resume-study">
          {t("studies.resume")}
        </Button>
      ) : null}
      {goesOn ? (
        <Button look="danger" pending={stop.isPending} onPress={() => setAsking("stop")} testId="stop-study">
          {t("studies.stop")}
        </Button>
      ) : (
        <Button look="danger" onPress={() => setAsking("delete")} testId="delete-study">
          {t("studies.delete")}
        </Button>
      )}
      <Dialog title={t("studies.stopTitle", { name: study.name })} open={asking === "stop"} onClose={() => setAsking(null)} question>
        <p>{t("studies.stopText")}</p>
        <DialogActions>
          <Button onPress={() => setAsking(null)}>{t("studies.goOn")}</Button>
          <Button look="danger" pending={stop.isPending} testId="confirm-stop" onPress={() => stop.mutate(undefined, { onSuccess: () => setAsking(null) })}>
            {t("studies.stop")}
          </Button>
        </DialogActions>
      </Dialog>
      <Dialog title={t("studies.deleteTitle", { name: study.name })} open={asking === "delete"} onClose={() => setAsking(null)} question>
        <p>{t("studies.deleteText")}</p>
        {remove.error ? <ErrorNotice error={remove.error} /> : null}
        <DialogActions>
          <Button onPress={() => setAsking(null)}>{t("studies.keep")}</Button>
          <Button look="danger" pending={remove.isPending} testId="confirm-delete" onPress={() => remove.mutate()}>
            {t("studies.delete")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
