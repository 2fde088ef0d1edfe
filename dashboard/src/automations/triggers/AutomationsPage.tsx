import { useInfiniteQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Automation } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { mayWrite, usePaths, useSession } from "../../projects/session";
import { useTitle } from "../../routing/useTitle";
import { Badge } from "../../ui/Badge";
import { ButtonLink } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { More } from "../../ui/More";
import { Empty, ErrorNotice, Loading } from "../../ui/Notice";
import { Table } from "../../ui/Table";
import css from "../Schedules.module.css";
import { MessagesCard } from "../targets/MessagesCard";
import { TargetsCard } from "../targets/TargetsCard";
import { AutomationActions } from "./AutomationActions";
import { Awaits } from "./Awaits";
import { FiringState } from "./FiringTable";
import { automationPages } from "./api";

export default function AutomationsPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const automations = useInfiniteQuery(automationPages);
  useTitle(t("automations.title"));
  return (
    <div className={css["page"]} data-testid="automations-list">
      <PageHead title={t("automations.title")} note={t("automations.note")}>
        {mayWrite(session) ? (
          <ButtonLink to={paths.newAutomation} look="primary" testId="new-automation">
            {t("automations.new")}
          </ButtonLink>
        ) : null}
      </PageHead>
      <Card>
        {automations.error ? <ErrorNotice error={automations.error} /> : null}
        {automations.isLoading ? <Loading /> : null}
        {automations.data?.length === 0 ? (
          <Empty title={t("automations.none")}>
            <p>{t("automations.noneNext")}</p>
          </Empty>
        ) : null}
        {automations.data && automations.data.length > 0 ? <AutomationTable automations={automations.data} /> : null}
        <More list={automations} />
      </Card>
      <TargetsCard />
      <MessagesCard />
    </div>
  );
}

function AutomationTable({ automations }: { automations: readonly Automation[] }) {
  const { t } = useTranslation();
  const session = useSession();
  return (
    <Table caption={t("automations.title")}>
      <thead>
        <tr>
          <th scope="col">{t("automations.name")}</th>
          <th scope="col">{t("automations.when")}</th>
          <th scope="col">{t("automations.then")}</th>
          <th scope="col">{t("automations.lastFiring")}</th>
          {mayWrite(session) ? <th scope="col">{t("automations.actions")}</th> : null}
        </tr>
      </thead>
      <tbody>
        {automations.map((automation) => (
          <AutomationRow key={automation.id} automation={automation} />
        ))}
      </tbody>
    </Table>
  );
}

function AutomationRow({ automation }: { automation: Automation }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const paths = usePaths();
  const session = useSession();
  const newest = automation.newest_firings[0];
  return (
    <tr>
      <th scope="row">
        <Link href={paths.automation(automation.id)}>{automation.name}</Link>
      </th>
      <td>
        <Awaits when={automation.when} />
        {automation.paused ? <Badge>{t("automations.paused")}</Badge> : null}
        {automation.problem ? <Badge tone="bad">{automation.problem}</Badge> : null}
      </td>
      <td>{automation.steps.map((step) => t(`automations.do.${step.do}`)).join(" → ")}</td>
      <td>
        {newest === undefined ? (
          <span className={css["soft"]}>{t("automations.notYet")}</span>
        ) : (
          <>
            <FiringState firing={newest} /> <span className={css["soft"]}>{moment(newest.fired_at)}</span>
          </>
        )}
      </td>
      {mayWrite(session) ? (
        <td>
          <div className={css["actions"]}>
            <AutomationActions automation={automation} small />
          </div>
        </td>
      ) : null}
    </tr>
  );
}
