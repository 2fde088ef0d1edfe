import { useTranslation } from "react-i18next";

import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import type { Comparison } from "./api";
import { CompareTable } from "./CompareTable";

/** The settings in which the runs differ. */
export function ConfigCard({ comparison, inside }: { comparison: Comparison; inside: readonly boolean[] }) {
  const { t } = useTranslation();
  const { input } = useFormats();
  const shown = (value: unknown): string => {
    if (value === null || value === undefined) return "–";
    if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
    if (typeof value === "number") return input(value);
    if (Array.isArray(value)) return value.length === 0 ? "–" : value.map(shown).join("; ");
    return typeof value === "string" ? value : JSON.stringify(value);
  };
  if (comparison.config.length === 0) return <Card title={t("comparison.config")}>{t("comparison.sameConfig")}</Card>;
  const rows = comparison.config.map((row) => ({ id: row.name, title: row.name, cells: row.values.map(shown) }));
  return (
    <Card title={t("comparison.config")} note={t("comparison.configNote")} testId="comparison-config">
      <CompareTable caption={t("comparison.config")} head={t("comparison.setting")} runs={comparison.runs} inside={inside} rows={rows} />
    </Card>
  );
}
