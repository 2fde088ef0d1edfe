import { useTranslation } from "react-i18next";

import type { RunDetail } from "../../api/types";
import { Card } from "../../ui/Card";
import text from "../../ui/Content.module.css";
import { Facts } from "../../ui/Facts";
import { AttemptsCard } from "../AttemptsCard";
import { isOfMachine, type Curves } from "../curves/curves";
import { SystemCard } from "../curves/SystemCard";

/** Use of processor, memory and GPU, the attempts, and the machine. */
export function SystemTab({ run, curves }: { run: RunDetail; curves: Curves }) {
  const { t } = useTranslation();
  const workers = [...new Set(run.attempts.map(({ worker }) => worker))].filter((worker) => worker !== "");
  const facts = [
    ...(workers.length > 0 ? [{ name: t("runSystem.worker"), value: workers.join(", ") }] : []),
    ...Object.entries(run.environment ?? {}).map(([name, value]) => ({ name, value: typeof value === "string" ? value : JSON.stringify(value), code: true })),
  ];
  return (
    <>
      <SystemCard curves={curves} name={run.name} />
      {Object.keys(curves).some(isOfMachine) ? null : (
        <Card title={t("machine.title")}>
          <p className={text["soft"]}>{t("runSystem.nothing")}</p>
        </Card>
      )}
      <AttemptsCard attempts={run.attempts} />
      {facts.length > 0 ? (
        <Card title={t("runSystem.environment")}>
          <Facts facts={facts} />
        </Card>
      ) : null}
    </>
  );
}
