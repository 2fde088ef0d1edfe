import { useTranslation } from "react-i18next";

import { Button } from "../Button";
import { Notice } from "../Notice";

/** Notice that a form shows what was typed before, with a button that starts again. */
export function Restored({ shown, onRestart }: { shown: boolean; onRestart: () => void }) {
  const { t } = useTranslation();
  return shown ? (
    <Notice>
      {t("form.restored")} <Button small onPress={onRestart}>{t("form.discard")}</Button>
    </Notice>
  ) : null;
}
