import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import { useTitle } from "../../routing/useTitle";
import { Card, PageHead } from "../../ui/Card";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { mayManage, useSession } from "../session";
import { membersQuery } from "./api";
import { Invitations, Invite } from "./InvitationCards";
import css from "./Members.module.css";
import { MemberTable } from "./MemberTable";
import { NewServiceAccount } from "./ServiceAccounts";

/** Page of the project's members and, for admins, its invitations. */
export default function MembersPage() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = mayManage(session);
  const mayAdd = admin && !session.archived;
  const { data, error } = useQuery(membersQuery);
  useTitle(t("team.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("team.title")} note={t("team.note")} />
      {mayAdd ? <Invite /> : null}
      <Card title={t("team.list")}>
        {error === null ? null : <ErrorNotice error={error} />}
        {data === undefined && error === null ? <Loading /> : null}
        {data === undefined ? null : <MemberTable members={data} />}
      </Card>
      {mayAdd ? <NewServiceAccount /> : null}
      {admin ? <Invitations /> : null}
    </div>
  );
}
