import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { NotificationTarget } from "../../api/types";
import { useSession } from "../../projects/session";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table } from "../../ui/Table";
import css from "../Schedules.module.css";
import { TargetDialog } from "./TargetDialog";
import { targetsQuery, useDeleteTarget, useTestTarget } from "./api";

/** Notification targets. Only admins add and remove them; secrets are masked. */
export function TargetsCard() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = session.role === "owner" || session.role === "admin";
  const targets = useQuery(targetsQuery);
  const [adding, setAdding] = useState(false);
  const button = admin ? (
    <Button onPress={() => setAdding(true)} testId="add-target">
      {t("targets.add")}
    </Button>
  ) : null;
  return (
    <Card title={t("targets.title")} note={t("targets.note")} actions={button} testId="targets-card">
      {targets.error ? <ErrorNotice error={targets.error} /> : null}
      {targets.isLoading ? <Loading /> : null}
      {targets.data?.length === 0 ? <p className={css["soft"]}>{t("targets.none")}</p> : null}
      {targets.data && targets.data.length > 0 ? (
        <Table caption={t("targets.title")}>
          <thead>
            <tr>
              <th scope="col">{t("automations.name")}</th>
              <th scope="col">{t("targets.notifier")}</th>
              <th scope="col">{t("targets.escalateTo")}</th>
              {admin ? <th scope="col">{t("automations.actions")}</th> : null}
            </tr>
          </thead>
          <tbody>
            {targets.data.map((target) => (
              <TargetRow key={target.id} target={target} all={targets.data} admin={admin} />
            ))}
          </tbody>
        </Table>
      ) : null}
      {adding ? <TargetDialog others={targets.data ?? []} onClose={() => setAdding(false)} /> : null}
    </Card>
  );
}

function TargetRow({ target, all, admin }: { target: NotificationTarget; all: readonly NotificationTarget[]; admin: boolean }) {
  const { t } = useTranslation();
  const test = useTestTarget(target.id);
  const remove = useDeleteTarget(target.id);
  const [changing, setChanging] = useState(false);
  const error = test.error ?? remove.error;
  return (
    <tr>
      <th scope="row">{target.name}</th>
      <td>
        {target.notifier} <code>{typeof target.options["url"] === "string" ? target.options["url"] : ""}</code>
        {target.secrets === "ready" ? null : <Badge tone={target.secrets === "unreadable" ? "bad" : "quiet"}>{t(`targets.secrets.${target.secrets}`)}</Badge>}
      </td>
      <td>{target.escalate_to ?? ""}</td>
      {admin ? (
        <td>
          {error ? <ErrorNotice error={error} /> : null}
          <div className={css["actions"]}>
            <Button small pending={test.isPending} onPress={() => test.mutate()} testId="test-target">
              {t("targets.test")}
            </Button>
            <Button small onPress={() => setChanging(true)} testId="change-target">
              {t("targets.change")}
            </Button>
            <Button small look="danger" pending={remove.isPending} onPress={() => remove.mutate()} testId="delete-target">
              {t("automations.delete")}
            </Button>
          </div>
          {changing ? <TargetDialog target={target} others={all.filter(({ id }) => id !== target.id)} onClose={() => setChanging(false)} /> : null}
        </td>
      ) : null}
    </tr>
  );
}
