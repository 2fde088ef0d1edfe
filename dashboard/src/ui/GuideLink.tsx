import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { guideOf } from "../routing/guides";
import css from "./GuideLink.module.css";

/** Link from a page to its guide; it opens in a new tab, so that typed input is not lost. */
export function GuideLink() {
  const { t, i18n } = useTranslation();
  const [location] = useLocation();
  return (
    <a className={css["link"]} href={guideOf(location, i18n.language)} target="_blank" rel="noopener" title={t("shell.guideNote")}>
      {t("shell.guide")}
    </a>
  );
}
