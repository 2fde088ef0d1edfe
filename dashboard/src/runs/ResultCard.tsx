import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import { Card } from "../ui/Card";
import css from "../ui/Content.module.css";
import { hasEnded } from "./live";

/** The values of a summary, without its kind. */
function valuesOf({ kind, ...values }: NonNullable<RunDetail["summary"]>): unknown {
  return kind === "external" && "values" in values ? values.values : values;
}

/** The answer of an agent, or the summary of an external run. */
export function ResultCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  return (
    <Card title={t("result.title")}>
      {run.summary ? (
        <pre className={css["block"]}>{JSON.stringify(valuesOf(run.summary), null, 2)}</pre>
      ) : (
        <p className={css["soft"]}>{hasEnded(run.state) ? t("result.none") : t("common.notYetKnown")}</p>
      )}
    </Card>
  );
}
