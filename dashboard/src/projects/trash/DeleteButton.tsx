import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/Notice";
import { mayWrite, useSession } from "../session";
import { useThrowAway, type ThingPlace } from "./api";

interface DeleteButtonProps {
  /** Name of the item in the confirmation question. */
  what: string;
  place: ThingPlace;
  label?: string;
  small?: boolean;
  onDone?: () => void;
}

/** Button that moves an item to the trash after a confirmation that mentions the undo. */
export function DeleteButton({ what, place, label, small = false, onDone }: DeleteButtonProps) {
  const { t } = useTranslation();
  const session = useSession();
  const [asking, setAsking] = useState(false);
  const throwAway = useThrowAway(place, () => {
    setAsking(false);
    onDone?.();
  });
  if (!mayWrite(session)) return null;
  return (
    <>
      <Button look="danger" small={small} onPress={() => setAsking(true)} testId="delete">
        {label ?? t("trash.delete")}
      </Button>
      <Dialog title={t("trash.deleteTitle", { what })} open={asking} onClose={() => setAsking(false)} question>
        <p>{t("trash.deleteText")}</p>
        {throwAway.error ? <ErrorNotice error={throwAway.error} /> : null}
        <DialogActions>
          <Button onPress={() => setAsking(false)}>{t("trash.keep")}</Button>
          <Button look="danger" pending={throwAway.isPending} onPress={() => throwAway.mutate()} testId="confirm-delete">
            {t("trash.delete")}
          </Button>
        </DialogActions>
      </Dialog>
    </>
  );
}
