import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { ErrorNotice, Loading, Notice } from "../ui/Notice";
import { pairQuery } from "./api";

/** Whether one of two runs is better by more than noise, as a sentence; or why they cannot be compared. */
export function PairResult({ a, b, names: [nameA, nameB] }: { a: string; b: string; names: readonly [string, string] }) {
  const { t, i18n } = useTranslation();
  const { count, percent } = useFormats();
  const pair = useQuery(pairQuery(a, b));
  const found = pair.data;
  const told = found?.shown[i18n.language.slice(0, 2)];
  return (
    <>
      {pair.error ? <ErrorNotice error={pair.error} /> : null}
      {pair.isLoading ? <Loading /> : null}
      {found && !found.comparable ? found.why_not.map((said) => <Notice key={said.code} tone="ember">{inLanguage(said.text, i18n.language)}</Notice>) : null}
      {found?.verdict ? (
        <p>
          {t(`comparison.${found.verdict}`, { a: nameA, b: nameB })}{" "}
          {t("comparison.interval", {
            metric: told?.["measure"] ?? "",
            difference: told?.["change"] ?? "",
            low: told?.["low"] ?? "",
            high: told?.["high"] ?? "",
            level: percent(found.level),
            origins: count(found.origins ?? 0),
          })}
        </p>
      ) : null}
    </>
  );
}
