import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Member } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { mayManage, useSession } from "../session";
import { ROLES, rolesUpTo, useRemove, useSetRole, useTransfer } from "./api";
import css from "./Members.module.css";

type Asked = { what: "remove" | "transfer"; member: Member };

/** The members, with the role that an admin may change. */
export function MemberTable({ members }: { members: readonly Member[] }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const session = useSession();
  const setRole = useSetRole();
  const [asked, setAsked] = useState<Asked | null>(null);
  const allowed = rolesUpTo(session);
  const mayChange = (member: Member) => mayManage(session) && ROLES.indexOf(member.role) <= ROLES.indexOf(session.role);
  return (
    <>
      {setRole.error ? <ErrorNotice error={setRole.error} /> : null}
      <Table caption={t("team.list")} testId="members">
        <thead>
          <tr>
            <th scope="col">{t("team.name")}</th>
            <th scope="col">{t("team.role")}</th>
            <th scope="col">{t("team.joined")}</th>
            <th scope="col">
              <span className="visually-hidden">{t("team.remove")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {members.map((member) => (
            <tr key={member.id}>
              <th scope="row">
                {member.name} {member.own ? <span className={tableCss["soft"]}>({t("team.you")})</span> : null}
                {member.kind === "service" ? <span className={tableCss["soft"]}>({t("team.service")})</span> : null}
              </th>
              <td>
                {mayChange(member) ? (
                  <select
                    className={css["role"]}
                    aria-label={t("team.roleOf", { name: member.name })}
                    value={member.role}
                    disabled={setRole.isPending}
                    onChange={(event) => {
                      const role = allowed.find((each) => each === event.target.value);
                      if (role !== undefined) setRole.mutate({ id: member.id, role });
                    }}
                  >
                    {allowed.filter((role) => member.kind === "person" || role !== "owner").map((role) => (
                      <option key={role} value={role}>
                        {t(`roles.${role}`)}
                      </option>
                    ))}
                  </select>
                ) : (
                  t(`roles.${member.role}`)
                )}
              </td>
              <td className={tableCss["nowrap"]}>{moment(member.joined_at)}</td>
              <td className={tableCss["number"]}>
                <span className={css["actions"]}>
                  {session.role === "owner" && !member.own && member.kind === "person" && member.role !== "owner" ? (
                    <Button small onPress={() => setAsked({ what: "transfer", member })} testId="transfer">
                      {t("team.transfer")}
                      <span className="visually-hidden"> {member.name}</span>
                    </Button>
                  ) : null}
                  {member.own || mayChange(member) ? (
                    <Button small look="danger" onPress={() => setAsked({ what: "remove", member })} testId="remove-member">
                      {t(member.own ? "team.leave" : "team.remove")}
                      <span className="visually-hidden"> {member.name}</span>
                    </Button>
                  ) : null}
                </span>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {asked === null ? null : <Question asked={asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function Question({ asked: { what, member }, onClose }: { asked: Asked; onClose: () => void }) {
  const { t } = useTranslation();
  const session = useSession();
  // A person who left loads the dashboard anew, which opens another project.
  const remove = useRemove(() => (member.own ? window.location.assign("/") : onClose()));
  const transfer = useTransfer(onClose);
  const action = what === "transfer" ? transfer : remove;
  const key = what === "transfer" ? "transfer" : member.own ? "leave" : "remove";
  const values = { name: member.name, project: session.name };
  return (
    <Dialog title={t(`team.${key}Title`, values)} open onClose={onClose} question>
      <p>{t(`team.${key}Text`, values)}</p>
      {action.error ? <ErrorNotice error={action.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("team.keep")}</Button>
        <Button look="danger" pending={action.isPending} onPress={() => action.mutate(member.id)} testId="confirm-member">
          {t(`team.${key}`)}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
