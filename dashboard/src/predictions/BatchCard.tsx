import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { datasetsQuery } from "../datasets/api";
import { usePaths } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { Field } from "../ui/Field";
import fieldCss from "../ui/Field.module.css";
import { ErrorNotice } from "../ui/Notice";
import { usePredictAll } from "./api";
import css from "./Predictions.module.css";

/** Starts a batch prediction with the champion: a run that can be cancelled and writes files. */
export function BatchCard({ model }: { model: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [, navigate] = useLocation();
  const datasets = useQuery(datasetsQuery);
  const [dataset, setDataset] = useState("");
  const start = usePredictAll(model);
  return (
    <Card title={t("batch.title")} note={t("batch.note")}>
      <div className={css["actions"]}>
        <Field label={t("batch.dataset")}>
          {(control) => (
            <select {...control} className={fieldCss["input"]} value={dataset} onChange={(event) => setDataset(event.target.value)}>
              <option value="">{t("batch.own")}</option>
              {datasets.data?.map((each) => (
                <option key={each.name} value={each.name}>
                  {each.name}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Button
          pending={start.isPending}
          onPress={() => start.mutate(dataset === "" ? null : dataset, { onSuccess: (run) => navigate(paths.run(run.id)) })}
          testId="predict-all"
        >
          {t("batch.start")}
        </Button>
      </div>
      {start.error ? <ErrorNotice error={start.error} /> : null}
    </Card>
  );
}
