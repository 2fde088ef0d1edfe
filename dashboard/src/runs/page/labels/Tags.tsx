import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { usePaths } from "../../../projects/session";
import { writtenValue } from "../../list/filter/completion";
import css from "./Labels.module.css";

/** The run's tags; each leads to the runs that have it. */
export function Tags({ tags }: { tags: readonly string[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (tags.length === 0) return null;
  return (
    <ul className={css["tags"]} aria-label={t("runLabels.tags")} data-testid="run-tags">
      {tags.map((tag) => (
        <li key={tag} dir="auto">
          <Link href={`${paths.runs}?${new URLSearchParams({ filter: `tag = ${writtenValue(tag)}` }).toString()}`}>{tag}</Link>
        </li>
      ))}
    </ul>
  );
}
