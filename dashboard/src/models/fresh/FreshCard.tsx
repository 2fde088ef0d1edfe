import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Freshness } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { usePaths } from "../../projects/session";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table } from "../../ui/Table";
import { FreshDialog } from "./FreshDialog";
import { freshnessQuery, useKeepFresh, useOthers, type Other } from "./api";
import { useCadence } from "./cadence";

/** The automations that keep a model fresh, or the offer to set them up. */
export function FreshCard({ name, writer }: { name: string; writer: boolean }) {
  const { t } = useTranslation();
  const stored = useQuery(freshnessQuery(name));
  const keep = useKeepFresh(name);
  const [editing, setEditing] = useState(false);
  const found = stored.data;
  const others = useOthers(name, found);
  const buttons =
    writer && found !== undefined && found.dataset !== null ? (
      <>
        {found.kept ? (
          <Button pending={keep.isPending} onPress={() => keep.mutate(null)} testId="fresh-off">
            {t("fresh.off")}
          </Button>
        ) : null}
        <Button look={found.kept ? "plain" : "primary"} onPress={() => setEditing(true)} testId="keep-fresh">
          {found.kept ? t("fresh.edit") : t("fresh.keep")}
        </Button>
      </>
    ) : null;
  return (
    <Card title={t("fresh.title")} note={t(found?.kept ? "fresh.keptNote" : others.length > 0 ? "fresh.othersNote" : "fresh.note")} actions={buttons} testId="fresh-card">
      {stored.error ? <ErrorNotice error={stored.error} /> : null}
      {keep.error ? <ErrorNotice error={keep.error} /> : null}
      {stored.isLoading ? <Loading /> : null}
      {found !== undefined ? <Kept found={found} /> : null}
      <Others others={others} />
      {editing && found !== undefined ? <FreshDialog found={found} onClose={() => setEditing(false)} /> : null}
    </Card>
  );
}

function Kept({ found }: { found: Freshness }) {
  const { t } = useTranslation();
  const standing = found.standing;
  return (
    <>
      {found.dataset === null ? <p>{t("fresh.noDataset")}</p> : null}
      {found.kept ? <KeptTable found={found} /> : null}
      {found.kept && found.arrives === "by_append" ? <p>{t("fresh.append", { dataset: found.dataset })}</p> : null}
      {found.kept ? <p>{t(!found.promotes ? "fresh.approves" : found.approvals > 0 ? "fresh.waits" : "fresh.promotes")}</p> : null}
      {found.outdated ? <p>{t("fresh.outdated")}</p> : null}
      {standing !== null ? (
        <p data-testid="standing">
          {standing.worse_than !== null ? <Badge tone="bad">{t("fresh.worse", { baseline: standing.worse_than })}</Badge> : t("fresh.notWorse")}
        </p>
      ) : null}
    </>
  );
}

/** Automations and schedules that were set up manually and act on this model. */
function Others({ others }: { others: readonly Other[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (others.length === 0) return null;
  return (
    <>
      <p>{t("fresh.others")}</p>
      <ul data-testid="fresh-others">
        {others.map(({ kind, id, name, does }) => (
          <li key={id}>
            <Link href={kind === "automation" ? paths.automation(id) : paths.schedule(id)}>{name}</Link>: {does.map((step) => t(`fresh.does.${step}`)).join(", ")}
          </li>
        ))}
      </ul>
    </>
  );
}

function KeptTable({ found }: { found: Freshness }) {
  const { t } = useTranslation();
  const { count, moment } = useFormats();
  const paths = usePaths();
  const cadence = useCadence();
  return (
    <Table caption={t("fresh.title")}>
      <thead>
        <tr>
          <th scope="col">{t("automations.then")}</th>
          <th scope="col">{t("fresh.fired")}</th>
          <th scope="col">{t("automations.lastFiring")}</th>
        </tr>
      </thead>
      <tbody>
        {found.automations.map((each) => (
          <tr key={each.id}>
            <th scope="row">
              <Link href={paths.automation(each.id)}>{t(`fresh.roles.${each.role}`, { refresh: cadence(found.refresh), retrain: cadence(found.retrain) })}</Link>{" "}
              {each.paused ? <Badge>{t("automations.paused")}</Badge> : null}
              {each.problem !== null ? <Badge tone="bad">{each.problem}</Badge> : null}
            </th>
            <td>{count(each.fires)}</td>
            <td>
              {each.last_state !== null ? <Badge tone={each.last_state === "failed" ? "bad" : "quiet"}>{t(`automations.states.${each.last_state}`)}</Badge> : t("automations.notYet")}{" "}
              {each.last_fired_at !== null ? moment(each.last_fired_at) : null}
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
