import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { Notice } from "../ui/Notice";
import { mayWrite, useSession } from "./session";
import css from "./WritersOnly.module.css";

/** A form page that viewers can read but not send, with the reason. What was typed before a role changed stays. */
export function WritersOnly({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const session = useSession();
  const may = mayWrite(session);
  return (
    <>
      {may || session.archived ? null : (
        <Notice tone="ember" role="status">
          <p data-testid="writers-only">{t("role.readOnly", { role: t(`roles.${session.role}`) })}</p>
        </Notice>
      )}
      <fieldset className={css["form"]} disabled={!may}>
        {children}
      </fieldset>
    </>
  );
}
