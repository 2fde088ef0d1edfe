import { useQuery } from "@tanstack/react-query";
import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { SelectField } from "../../ui/forms/Field";
import { Empty, ErrorNotice, Loading } from "../../ui/Notice";
import { ShownOnce } from "../../ui/ShownOnce";
import { Table, tableCss } from "../../ui/Table";
import { useSession } from "../session";
import { invitationsQuery, rolesUpTo, useInvite, useRevokeInvitation, type Role } from "./api";
import css from "./Members.module.css";

/** Creates the link of an invitation and shows it once. */
export function Invite() {
  const { t } = useTranslation();
  const session = useSession();
  const invite = useInvite();
  const [role, setRole] = useState<Role>("member");
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    invite.mutate(role);
  };
  return (
    <Card title={t("team.invite")} note={t("team.inviteNote")}>
      <form onSubmit={submit} className={css["form"]}>
        <SelectField label={t("team.inviteRole")} value={role} onChange={setRole} options={rolesUpTo(session).map((each) => ({ value: each, label: t(`roles.${each}`) }))} testId="invite-role" />
        <Button type="submit" look="primary" pending={invite.isPending} testId="invite">
          {t("team.makeLink")}
        </Button>
      </form>
      {invite.error ? <ErrorNotice error={invite.error} /> : null}
      {invite.data ? <ShownOnce text={t("team.made", { role: t(`roles.${invite.data.role}`) })} label={t("team.link")} value={invite.data.url} onDone={() => invite.reset()} testId="invitation-link" /> : null}
    </Card>
  );
}

/** The project's invitations, without their links. */
export function Invitations() {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const { data, error } = useQuery(invitationsQuery(true));
  const revoke = useRevokeInvitation();
  return (
    <Card title={t("team.invitations")}>
      {error === null ? null : <ErrorNotice error={error} />}
      {revoke.error ? <ErrorNotice error={revoke.error} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data?.length === 0 ? <Empty title={t("team.noInvitations")} /> : null}
      {data === undefined || data.length === 0 ? null : (
        <Table caption={t("team.invitations")} testId="invitations">
          <thead>
            <tr>
              <th scope="col">{t("team.role")}</th>
              <th scope="col">{t("team.state")}</th>
              <th scope="col">{t("team.by")}</th>
              <th scope="col">{t("team.expires")}</th>
              <th scope="col">
                <span className="visually-hidden">{t("team.revoke")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((invitation) => (
              <tr key={invitation.id}>
                <th scope="row">{t(`roles.${invitation.role}`)}</th>
                <td>{t(`team.states.${invitation.state}`)}</td>
                <td>{invitation.created_by ?? t("team.gone")}</td>
                <td className={tableCss["nowrap"]}>{moment(invitation.expires_at)}</td>
                <td className={tableCss["number"]}>
                  {invitation.state === "open" ? (
                    <Button small look="danger" onPress={() => revoke.mutate(invitation.id)} testId="revoke-invitation">
                      {t("team.revoke")}
                    </Button>
                  ) : null}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Card>
  );
}
