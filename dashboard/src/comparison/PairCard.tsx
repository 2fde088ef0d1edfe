import { useState } from "react";
import { useTranslation } from "react-i18next";

import { Card } from "../ui/Card";
import type { Comparison } from "./api";
import css from "./Comparison.module.css";
import { PairResult } from "./PairResult";

/** Whether one of two judged runs is better by more than noise. */
export function PairCard({ comparison }: { comparison: Comparison }) {
  const { t } = useTranslation();
  const judged = comparison.runs.filter((each) => each.contender !== null).map(({ run }) => run);
  const [a, setA] = useState(judged[0]?.id ?? "");
  const [b, setB] = useState(judged[1]?.id ?? "");
  if (judged.length < 2) return null;
  const name = (id: string) => judged.find((run) => run.id === id)?.name ?? id;
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
      <PairResult a={a} b={b} names={[name(a), name(b)]} />
    </Card>
  );
}
