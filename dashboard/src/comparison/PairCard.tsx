import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { inLanguage } from "../language/setup";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { ErrorNotice, Loading, Notice } from "../ui/Notice";
import { pairQuery, type Comparison } from "./api";
import css from "./Comparison.module.css";

/** Whether one of two judged runs is better by more than noise. */
export function PairCard({ comparison }: { comparison: Comparison }) {
  const { t, i18n } = useTranslation();
  const { count, percent } = useFormats();
  const judged = comparison.runs.filter((each) => each.contender !== null).map(({ run }) => run);
  const [a, setA] = useState(judged[0]?.id ?? "");
  const [b, setB] = useState(judged[1]?.id ?? "");
  const pair = useQuery(pairQuery(a, b));
  if (judged.length < 2) return null;
  const name = (id: string) => judged.find((run) => run.id === id)?.name ?? id;
  const found = pair.data;
  const told = found?.shown[i18n.language.slice(0, 2)];
  return (
    <Card title={t("comparison.pair")} note={t("comparison.pairNote")} testId="comparison-pair">
      <div className={css["choices"]}>
        {([[a, setA, "comparison.first"], [b, setB, "comparison.second"]] as const).map(([chosen, choose, label]) => (
          <label key={label}>
            {t(label)}{" "}
            <select value={chosen} onChange={(event) => choose(event.target.value)}>
              {judged.map((run) => (
                <option key={run.id} value={run.id}>
                  {run.name} ({run.id.slice(0, 6)})
                </option>
              ))}
            </select>
          </label>
        ))}
      </div>
      {pair.error ? <ErrorNotice error={pair.error} /> : null}
      {pair.isLoading ? <Loading /> : null}
      {found && !found.comparable ? found.why_not.map((said) => <Notice key={said.code} tone="ember">{inLanguage(said.text, i18n.language)}</Notice>) : null}
      {found?.verdict ? (
        <p>
          {t(`comparison.${found.verdict}`, { a: name(a), b: name(b) })}{" "}
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
    </Card>
  );
}
