import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { hasEnded } from "./live";

/** What an agent or an external run answered. */
export function ResultCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  return (
    <Card title={t("result.title")}>
      {run.summary ? (
        <pre className={css["block"]}>{JSON.stringify(run.summary, null, 2)}</pre>
      ) : (
        <p className={css["soft"]}>{hasEnded(run.state) ? t("result.none") : t("common.notYetKnown")}</p>
      )}
    </Card>
  );
}
