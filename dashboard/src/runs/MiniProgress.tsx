import { ProgressBar } from "react-aria-components";
import { useTranslation } from "react-i18next";

import type { RunProgress } from "../api/types";
import { useFormats } from "../language/useFormats";
import css from "./Progress.module.css";

/** Progress of the whole run in a table cell. */
export function MiniProgress({ progress }: { progress: RunProgress }) {
  const { t } = useTranslation();
  const { percent } = useFormats();
  return (
    <ProgressBar value={progress.share} maxValue={1} aria-label={t("progress.title")} className={css["mini"] ?? ""}>
      <span className={css["track"]}>
        <span className={css["fill"]} style={{ width: `${progress.share * 100}%` }} />
      </span>
      <span className={css["miniText"]}>{percent(progress.share)}</span>
    </ProgressBar>
  );
}
