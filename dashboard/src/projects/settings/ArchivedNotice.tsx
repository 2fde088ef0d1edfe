import { useTranslation } from "react-i18next";

import { Notice } from "../../ui/Notice";
import { useSession } from "../session";

/** Notice on every page of an archived project. */
export function ArchivedNotice() {
  const { t } = useTranslation();
  return useSession().archived ? (
    <Notice role="status">
      <p data-testid="archived">{t("settings.archived")}</p>
    </Notice>
  ) : null;
}
