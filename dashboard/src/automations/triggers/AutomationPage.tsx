import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import type { Automation } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { mayWrite, usePaths, useSession } from "../../projects/session";
import { useTitle } from "../../routing/useTitle";
import { Badge } from "../../ui/Badge";
import { ButtonLink } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Facts, type Fact } from "../../ui/Facts";
import { Empty } from "../../ui/Notice";
import { isMissing, PageProblem } from "../../ui/PageProblem";
import css from "../Schedules.module.css";
import { AutomationActions } from "./AutomationActions";
import { Awaits } from "./Awaits";
import { DryRunCard } from "./DryRunCard";
import { FiringTable } from "./FiringTable";
import { automationQuery } from "./api";
import { objectOf } from "./sentences";

export default function AutomationPage({ id }: { id: string }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const automation = useQuery(automationQuery(id));
  useTitle(automation.data?.name ?? "");
  if (automation.data === undefined || isMissing(automation.error)) return <PageProblem title={t("automations.one")} list={{ name: t("automations.title"), to: paths.automations }} error={automation.error} />;
  return <AutomationCards automation={automation.data} />;
}

function AutomationCards({ automation }: { automation: Automation }) {
  const { t } = useTranslation();
  const { count, duration, moment, number } = useFormats();
  const paths = usePaths();
  const session = useSession();
  const [, navigate] = useLocation();
  const watched: Fact[] =
    automation.when.on === "measure"
      ? [
          { name: t("automations.value"), value: number(automation.value) },
          { name: t("automations.readEvery"), value: duration(automation.when.every_seconds) },
        ]
      : [];
  return (
    <div className={css["page"]} data-testid="automation">
      <PageHead title={automation.name} crumbs={[{ name: t("automations.title"), to: paths.automations }]} note={<><Awaits when={automation.when} /> {automation.paused ? <Badge>{t("automations.paused")}</Badge> : null}</>}>
        {mayWrite(session) ? <ButtonLink to={paths.editAutomation(automation.id)} testId="edit-automation">{t("automations.edit")}</ButtonLink> : null}
        <AutomationActions automation={automation} onDeleted={() => navigate(paths.automations, { replace: true })} />
      </PageHead>
      {automation.problem ? <Card tone="bad" title={t("automations.problem")}>{automation.problem}</Card> : null}
      <Card title={t("automations.whenThen")}>
        <Facts
          facts={[
            ...watched,
            ...(automation.next_at !== null ? [{ name: t("automations.next"), value: moment(automation.next_at) }] : []),
            { name: t("automations.coolDown"), value: duration(automation.cool_down_seconds) },
            ...(automation.cool_down_group !== null ? [{ name: t("automations.coolDownGroup"), value: automation.cool_down_group }] : []),
            { name: t("automations.mostPerDay"), value: count(automation.most_per_day) },
            { name: t("automations.created"), value: moment(automation.created_at) },
          ]}
        />
        <ol data-testid="steps">
          {automation.steps.map((step, index) => (
            <li key={index}>
              {t(`automations.do.${step.do}`)} <code>{objectOf(step)}</code>{" "}
              <span className={css["soft"]}>
                {step.retries > 0 ? `${t("automations.retries", { count: step.retries, shown: count(step.retries) })}; ` : ""}
                {t(`automations.onFailure.${step.on_failure}`)}
              </span>
            </li>
          ))}
        </ol>
      </Card>
      <Card
        title={t("automations.firings")}
        note={t("automations.firingsNote", { fires: count(automation.fires), grouped: count(automation.grouped), withheld: count(automation.withheld), pending: count(automation.pending) })}
      >
        {automation.newest_firings.length === 0 ? <Empty title={t("automations.notYet")} /> : <FiringTable firings={automation.newest_firings} />}
      </Card>
      <DryRunCard id={automation.id} />
    </div>
  );
}
