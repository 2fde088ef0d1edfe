import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Secret } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { useTitle } from "../../routing/useTitle";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Empty, ErrorNotice, Loading } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { mayManage, useSession } from "../session";
import { secretsQuery, useDeleteSecret } from "./api";
import css from "./Secrets.module.css";
import { SetSecret } from "./SetSecret";

/** Page of the project's secrets: names and states, without values. */
export default function SecretsPage() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = mayManage(session);
  const mayRead = session.role !== "viewer"; // members name secrets in the sources that they add
  const secrets = useQuery(secretsQuery(mayRead));
  useTitle(t("secrets.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("secrets.title")} note={t("secrets.note")} />
      {mayRead ? (
        <>
          {admin && !session.archived ? <SetSecret /> : null}
          <Card title={t("secrets.list")}>
            {secrets.error ? <ErrorNotice error={secrets.error} /> : null}
            {secrets.isLoading ? <Loading /> : null}
            {secrets.data?.length === 0 ? (
              <Empty title={t("secrets.none")}>
                <p>{t("secrets.noneNext")}</p>
              </Empty>
            ) : null}
            {secrets.data && secrets.data.length > 0 ? <SecretTable secrets={secrets.data} mayDelete={admin} /> : null}
          </Card>
        </>
      ) : (
        <Card>
          <Empty title={t("secrets.notYours")} />
        </Card>
      )}
    </div>
  );
}

function SecretTable({ secrets, mayDelete }: { secrets: readonly Secret[]; mayDelete: boolean }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const [deleting, setDeleting] = useState<Secret | null>(null);
  return (
    <>
      <Table caption={t("secrets.list")} testId="secrets">
        <thead>
          <tr>
            <th scope="col">{t("secrets.name")}</th>
            <th scope="col">{t("secrets.state")}</th>
            <th scope="col">{t("secrets.changed")}</th>
            <th scope="col">{t("secrets.by")}</th>
            {mayDelete ? (
              <th scope="col">
                <span className="visually-hidden">{t("secrets.delete")}</span>
              </th>
            ) : null}
          </tr>
        </thead>
        <tbody>
          {secrets.map((secret) => (
            <tr key={secret.name}>
              <th scope="row">{secret.name}</th>
              <td className={secret.state === "unreadable" ? css["unreadable"] : undefined}>{t(`secrets.states.${secret.state}`)}</td>
              <td className={tableCss["nowrap"]}>{moment(secret.updated_at)}</td>
              <td>{secret.updated_by}</td>
              {mayDelete ? (
                <td className={tableCss["number"]}>
                  <Button small look="danger" onPress={() => setDeleting(secret)} testId="delete-secret">
                    {t("secrets.delete")}
                    <span className="visually-hidden"> {secret.name}</span>
                  </Button>
                </td>
              ) : null}
            </tr>
          ))}
        </tbody>
      </Table>
      {deleting === null ? null : <DeleteDialog secret={deleting} onClose={() => setDeleting(null)} />}
    </>
  );
}

function DeleteDialog({ secret, onClose }: { secret: Secret; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useDeleteSecret(onClose);
  return (
    <Dialog title={t("secrets.deleteTitle", { name: secret.name })} open onClose={onClose} question>
      <p>{t("secrets.deleteText")}</p>
      {remove.error ? <ErrorNotice error={remove.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("secrets.keep")}</Button>
        <Button look="danger" pending={remove.isPending} onPress={() => remove.mutate(secret.name)} testId="confirm-delete-secret">
          {t("secrets.delete")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
