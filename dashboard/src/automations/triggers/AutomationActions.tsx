import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Automation } from "../../api/types";
import { mayWrite, useSession } from "../../projects/session";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/Notice";
import { useDeleteAutomation, useFireAutomation, usePauseAutomation, useResumeAutomation } from "./api";

/** Buttons to fire now, pause or resume, and delete. Deletion asks for confirmation and keeps the runs. */
export function AutomationActions({ automation, onDeleted, small = false }: { automation: Automation; onDeleted?: () => void; small?: boolean }) {
  const { t } = useTranslation();
  const session = useSession();
  const fire = useFireAutomation(automation.id);
  const pause = usePauseAutomation(automation.id);
  const resume = useResumeAutomation(automation.id);
  const remove = useDeleteAutomation(automation.id, () => onDeleted?.());
  const [asking, setAsking] = useState(false);
  if (!mayWrite(session)) return null;
  const error = fire.error ?? pause.error ?? resume.error;
  return (
    <>
      {error ? <ErrorNotice error={error} /> : null}
      {automation.paused ? (
        <Button small={small} pending={resume.isPending} onPress={() => resume.mutate()} testId="resume-automation">
          {t("automations.resume")}
        </Button>
      ) : (
        <>
          <Button small={small} pending={fire.isPending} onPress={() => fire.mutate()} testId="fire-automation">
            {t("automations.fireNow")}
          </Button>
          <Button small={small} pending={pause.isPending} onPress={() => pause.mutate()} testId="pause-automation">
            {t("automations.pause")}
          </Button>
        </>
      )}
      {onDeleted ? (
        <>
          <Button look="danger" small={small} onPress={() => setAsking(true)} testId="delete-automation">
            {t("automations.delete")}
          </Button>
          <Dialog title={t("automations.deleteTitle", { name: automation.name })} open={asking} onClose={() => setAsking(false)} question>
            <p>{t("automations.deleteText")}</p>
            {remove.error ? <ErrorNotice error={remove.error} /> : null}
            <DialogActions>
              <Button onPress={() => setAsking(false)}>{t("automations.keep")}</Button>
              <Button look="danger" pending={remove.isPending} testId="confirm-delete" onPress={() => remove.mutate()}>
                {t("automations.delete")}
              </Button>
            </DialogActions>
          </Dialog>
        </>
      ) : null}
    </>
  );
}
