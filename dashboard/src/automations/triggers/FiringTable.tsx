import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { AutomationFiring, AutomationStepState } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { Badge, type BadgeTone } from "../../ui/Badge";
import { Table, tableCss } from "../../ui/Table";
import css from "../Schedules.module.css";
import { causeOf } from "./sentences";

const TONES: Record<AutomationStepState, BadgeTone> = { waiting: "quiet", running: "azure", succeeded: "good", failed: "bad", skipped: "quiet" };

/** Firings, newest first, with their causes and the state of each step. */
export function FiringTable({ firings }: { firings: readonly AutomationFiring[] }) {
  const { t } = useTranslation();
  const { count, instant, moment } = useFormats();
  return (
    <Table caption={t("automations.firings")}>
      <thead>
        <tr>
          <th scope="col">{t("automations.fired")}</th>
          <th scope="col">{t("automations.cause")}</th>
          <th scope="col">{t("automations.state")}</th>
          <th scope="col">{t("automations.steps")}</th>
        </tr>
      </thead>
      <tbody>
        {firings.map((firing) => (
          <tr key={firing.id} data-testid="firing">
            <td className={tableCss["nowrap"]}>{instant(firing.fired_at)}</td>
            <td>
              {causeOf(firing.cause, t, moment)}
              {firing.causes > 1 ? <div className={css["soft"]}>{t("automations.standsFor", { count: firing.causes, shown: count(firing.causes) })}</div> : null}
            </td>
            <td>
              <FiringState firing={firing} />
            </td>
            <td>
              <Steps firing={firing} />
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

export function FiringState({ firing }: { firing: AutomationFiring }) {
  const { t } = useTranslation();
  return (
    <Badge tone={TONES[firing.state]} pulse={firing.state === "running"}>
      {t(`automations.states.${firing.state}`)}
    </Badge>
  );
}

function Steps({ firing }: { firing: AutomationFiring }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  return (
    <ol className={css["times"]}>
      {firing.steps.map((step) => (
        <li key={step.position}>
          {step.run_id ? <Link href={paths.run(step.run_id)}>{t(`automations.do.${step.do}`)}</Link> : step.study_name ? <Link href={paths.study(step.study_name)}>{t(`automations.do.${step.do}`)}</Link> : t(`automations.do.${step.do}`)}{" "}
          <Badge tone={TONES[step.state]} pulse={step.state === "running"}>
            {t(`automations.states.${step.state}`)}
          </Badge>
          {step.tries > 0 ? <span className={css["soft"]}> {t("automations.tries", { count: step.tries, shown: count(step.tries) })}</span> : null}
          {step.error ? (
            <div className={css["soft"]}>
              {step.error.message}
              {step.error.next_step ? ` ${t("errors.next", { next: step.error.next_step })}` : ""}
            </div>
          ) : null}
        </li>
      ))}
    </ol>
  );
}
