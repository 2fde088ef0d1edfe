import { useTranslation } from "react-i18next";

import css from "./Skeleton.module.css";

/** Grey lines, or a box of a height in pixels, where content is still loading. */
export function Skeleton({ lines = 3, height }: { lines?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <div className={css["skeleton"]} role="status">
      <span className="visually-hidden">{t("common.loading")}</span>
      {height === undefined ? Array.from({ length: lines }, (_, index) => <span key={index} className={css["line"]} />) : <span className={css["box"]} style={{ height }} />}
    </div>
  );
}
