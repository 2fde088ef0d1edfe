import { useTranslation } from "react-i18next";

import type { RunDetail } from "../api/types";
import { useFormats } from "../language/useFormats";
import { Card } from "../ui/Card";
import { Facts, Hash } from "../ui/Facts";
import { elapsedSeconds } from "./elapsed";
import { hasEnded } from "./live";

/** Return the engine's backend and instruction set, as written in the settings. */
function engineOf(environment: RunDetail["environment"]): string {
  if (!environment) return "–";
  return [environment["backend"], environment["instruction_set"]].map((word) => (typeof word === "string" ? word : "–")).join(" · ");
}

/** Everything needed to reproduce the run: config, seed, data and code. */
export function DetailsCard({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { bytes, count, duration, input, moment } = useFormats();
  const elsewhere = run.kind === "external"; // a client executes it: the platform sets no limits and sees no code
  const limit = (asked: string | null) => asked ?? (elsewhere ? "–" : t("details.platformLimit"));
  // A run that ended without a first attempt was not executed either.
  const unknown = t(elsewhere || hasEnded(run.state) ? "details.notExecuted" : "common.notYetKnown");
  const reproducible = run.bit_reproducible === null ? unknown : t(run.bit_reproducible ? "details.bitForBit" : "details.notBitForBit");

  return (
    <Card title={t("details.title")}>
      <Facts
        facts={[
          { name: t("details.seed"), value: input(run.seed) },
          { name: t("details.threads"), value: elsewhere ? "–" : count(run.threads) },
          { name: t("details.priority"), value: elsewhere ? "–" : input(run.priority) },
          { name: t("details.timeLimit"), value: limit(run.time_limit_seconds === null ? null : duration(run.time_limit_seconds)) },
          { name: t("details.memoryLimit"), value: limit(run.memory_limit_bytes === null ? null : bytes(run.memory_limit_bytes)) },
          { name: t("details.fingerprint"), value: <Hash value={run.dataset_fingerprint} /> },
          { name: t("details.code"), value: <Hash value={run.code_version} length={24} /> },
          { name: t("details.plugin"), value: run.plugin ? `${run.plugin} ${run.plugin_version ?? ""}` : "–" },
          { name: t("details.engine"), value: engineOf(run.environment) },
          { name: t("details.reproducible"), value: reproducible },
          { name: t("details.started"), value: moment(run.started_at) },
          { name: t("details.took"), value: hasEnded(run.state) ? duration(elapsedSeconds(run)) : t("common.notYetKnown") },
        ]}
      />
    </Card>
  );
}
