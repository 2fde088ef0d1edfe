import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { Notice } from "../ui/Notice";
import { useSession } from "./session";

/** Notice of a role that changed while the project was open; actions that it does not allow have left the pages. */
export function RoleNotice() {
  const { t } = useTranslation();
  const { role } = useSession();
  const [known, setKnown] = useState(role);
  if (known === role) return null;
  return (
    <Notice tone="ember" role="status">
      <p data-testid="role-changed">
        {t("role.changed", { former: t(`roles.${known}`), role: t(`roles.${role}`) })} {t(`role.may.${role}`)}
      </p>
      <Button small onPress={() => setKnown(role)}>{t("common.close")}</Button>
    </Notice>
  );
}
