import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { part, post } from "../api/client";
import type { ScenarioRequest } from "../api/types";
import type { RowZone } from "../language/format";
import { Button } from "../ui/Button";
import { ErrorNotice } from "../ui/Notice";
import { requestOf, type DraftScenario } from "./draft";
import { ScenarioEditor } from "./ScenarioEditor";
import css from "./Scenarios.module.css";
import { WhatIfResult } from "./WhatIfResult";

interface WhatIfProps {
  model: string;
  /** The columns that the champion learned as known ahead. */
  columns: readonly string[];
  series: string | null;
  zone: RowZone | null;
}

/** Forecasts of the champion with different values of columns known ahead. Nothing is recorded. */
export default function WhatIfPart({ model, columns, series, zone }: WhatIfProps) {
  const { t } = useTranslation();
  const ask = useMutation({
    mutationFn: (scenarios: ScenarioRequest[]) => post(`/models/${part(model)}/what-if`, { series, scenarios }),
  });
  const [drafts, setDrafts] = useState<DraftScenario[]>(() => [
    { name: t("whatIf.scenario", { number: 1 }), changes: [{ column: columns[0] ?? "", way: "multiply", text: "0.9" }] },
  ]);
  const request = requestOf(drafts);
  return (
    <section className={css["whatIf"]} aria-label={t("whatIf.title")} data-testid="what-if">
      <div>
        <h3>{t("whatIf.title")}</h3>
        <p className={css["soft"]}>{t("whatIf.note")}</p>
      </div>
      <ScenarioEditor columns={columns} drafts={drafts} onChange={setDrafts} />
      <div>
        <Button look="primary" disabled={request === null} pending={ask.isPending} onPress={() => request !== null && ask.mutate(request)} testId="ask-what-if">
          {t("whatIf.ask")}
        </Button>
      </div>
      {ask.error ? <ErrorNotice error={ask.error} /> : null}
      {ask.data ? <WhatIfResult answer={ask.data} series={zone} /> : null}
    </section>
  );
}
