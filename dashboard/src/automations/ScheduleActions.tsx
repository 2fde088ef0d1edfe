import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Schedule } from "../api/types";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { Button, ButtonLink } from "../ui/Button";
import { Dialog, DialogActions } from "../ui/Dialog";
import { ErrorNotice } from "../ui/Notice";
import { useDeleteSchedule, usePauseSchedule, useResumeSchedule, useRunNow } from "./api";

/** Buttons to run now, pause or resume, and delete. Deletion asks for confirmation and keeps the runs. */
export function ScheduleActions({ schedule, onDeleted, small = false }: { schedule: Schedule; onDeleted?: () => void; small?: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const paths = usePaths();
  const runNow = useRunNow(schedule.id);
  const pause = usePauseSchedule(schedule.id);
  const resume = useResumeSchedule(schedule.id);
  const remove = useDeleteSchedule(schedule.id, () => onDeleted?.());
  const [asking, setAsking] = useState(false);
  if (!mayWrite(session)) return null;
  const error = runNow.error ?? pause.error ?? resume.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      <Button small={small} pending={runNow.isPending} onPress={() => runNow.mutate()} testId="run-now">
        {t("schedules.runNow")}
      </Button>
      {schedule.paused ? (
        <Button small={small} pending={resume.isPending} onPress={() => resume.mutate()} testId="resume-schedule">
          {t("schedules.resume")}
        </Button>
      ) : (
        <Button small={small} pending={pause.isPending} onPress={() => pause.mutate()} testId="pause-schedule">
          {t("schedules.pause")}
        </Button>
      )}
      {onDeleted ? (
        <>
          <ButtonLink to={paths.editSchedule(schedule.id)}>{t("schedules.edit")}</ButtonLink>
          <Button look="danger" small={small} onPress={() => setAsking(true)} testId="delete-schedule">
            {t("schedules.delete")}
          </Button>
          <Dialog title={t("schedules.deleteTitle", { name: schedule.name })} open={asking} onClose={() => setAsking(false)} question>
            <p>{t("schedules.deleteText")}</p>
            {remove.error ? <ErrorNotice error={remove.error} /> : null}
            <DialogActions>
              <Button onPress={() => setAsking(false)}>{t("schedules.keep")}</Button>
              <Button look="danger" pending={remove.isPending} testId="confirm-delete" onPress={() => remove.mutate()}>
                {t("schedules.delete")}
              </Button>
            </DialogActions>
          </Dialog>
        </>
      ) : null}
    </>
  );
}
