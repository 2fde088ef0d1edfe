import { useTranslation } from "react-i18next";

import type { Finding } from "../api/types";
import { inLanguage } from "../language/setup";
import { Badge } from "../ui/Badge";
import css from "./Datasets.module.css";

const TONES = { info: "quiet", warning: "ember", error: "bad" } as const;

/** Findings of a version, the most severe first. */
export function FindingList({ findings }: { findings: readonly Finding[] }) {
  const { t, i18n } = useTranslation();
  const order = ["error", "warning", "info"];
  const sorted = [...findings].sort((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));
  return (
    <ul className={css["findings"]}>
      {sorted.map((finding, index) => (
        <li key={`${finding.code} ${index}`}>
          <Badge tone={TONES[finding.severity]}>{t(`severities.${finding.severity}`)}</Badge>
          <span>
            {inLanguage(finding.text, i18n.language)}
            {finding.where === "" ? null : <span className={css["soft"]}> ({finding.where})</span>}
          </span>
        </li>
      ))}
    </ul>
  );
}
