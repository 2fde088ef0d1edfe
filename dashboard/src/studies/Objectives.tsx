import { useTranslation } from "react-i18next";

import { Button } from "../ui/Button";
import { SelectField } from "../ui/forms/Field";
import css from "./Studies.module.css";

/** The API accepts this many objectives. */
const MOST = 4;

/** Return the metrics that the choices name, each once; an empty choice is the pipeline's own metric, the first. */
export function chosenMetrics(chosen: readonly string[], metrics: readonly string[]): string[] {
  const named = chosen.map((metric) => (metric === "" ? (metrics[0] ?? "") : metric));
  return named.filter((metric, index) => metric !== "" && named.indexOf(metric) === index);
}

/** Choices of what a study optimizes: the first objective, and up to three more. */
export function Objectives({ metrics, chosen, onChange }: { metrics: readonly string[]; chosen: readonly string[]; onChange: (chosen: string[]) => void }) {
  const { t } = useTranslation();
  const left = metrics.filter((metric) => !chosenMetrics(chosen, metrics).includes(metric));
  const set = (place: number, metric: string) => onChange(chosen.map((one, index) => (index === place ? metric : one)));
  return (
    <div className={css["objectives"]} role="group" aria-label={t("studies.objectives")}>
      {chosen.map((metric, place) => (
        <div key={place} className={css["objective"]}>
          <SelectField
            label={place === 0 ? t("studies.objective") : t("studies.nextObjective", { number: place + 1 })}
            value={metric}
            onChange={(value) => set(place, value)}
            options={[...(place === 0 ? [{ value: "", label: metrics[0] ?? "–" }] : []), ...metrics.filter((each, index) => (each === metric || left.includes(each)) && (place > 0 || index > 0)).map((value) => ({ value, label: value }))]}
            testId={`objective-${place + 1}`}
          />
          {place === 0 ? null : (
            <Button small label={t("studies.removeObjective", { number: place + 1 })} onPress={() => onChange(chosen.filter((_, index) => index !== place))}>
              {t("studies.remove")}
            </Button>
          )}
        </div>
      ))}
      {chosen.length < MOST && left.length > 0 ? (
        <Button small onPress={() => onChange([...chosen, left[0] ?? ""])} testId="add-objective">
          {t("studies.addObjective")}
        </Button>
      ) : null}
      {chosen.length > 1 ? <p className={css["soft"]}>{t("studies.objectivesHint")}</p> : null}
    </div>
  );
}
