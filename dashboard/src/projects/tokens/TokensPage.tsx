import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import type { Token } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { useTitle } from "../../routing/useTitle";
import { Button } from "../../ui/Button";
import { Card, PageHead } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { Empty, ErrorNotice, Loading } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { mayManage, useSession } from "../session";
import { tokensQuery, useRevokeToken } from "./api";
import { NewToken } from "./NewToken";
import css from "./Tokens.module.css";

/** Page of the project's API tokens, with their last use and expiry. */
export default function TokensPage() {
  const { t } = useTranslation();
  const session = useSession();
  const admin = mayManage(session);
  const tokens = useQuery(tokensQuery(admin));
  useTitle(t("tokens.title"));
  return (
    <div className={css["page"]}>
      <PageHead title={t("tokens.title")} note={t("tokens.note")} />
      {admin ? (
        <>
          {session.archived ? null : <NewToken />}
          <Card title={t("tokens.list")}>
            {tokens.error ? <ErrorNotice error={tokens.error} /> : null}
            {tokens.isLoading ? <Loading /> : null}
            {tokens.data?.length === 0 ? (
              <Empty title={t("tokens.none")}>
                <p>{t("tokens.noneNext")}</p>
              </Empty>
            ) : null}
            {tokens.data && tokens.data.length > 0 ? <TokenTable tokens={tokens.data} /> : null}
          </Card>
        </>
      ) : (
        <Card>
          <Empty title={t("tokens.notYours")} />
        </Card>
      )}
    </div>
  );
}

function TokenTable({ tokens }: { tokens: readonly Token[] }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const [revoking, setRevoking] = useState<Token | null>(null);
  return (
    <>
      <Table caption={t("tokens.list")} testId="tokens">
        <thead>
          <tr>
            <th scope="col">{t("tokens.name")}</th>
            <th scope="col">{t("tokens.prefix")}</th>
            <th scope="col">{t("tokens.member")}</th>
            <th scope="col">{t("tokens.role")}</th>
            <th scope="col">{t("tokens.created")}</th>
            <th scope="col">{t("tokens.expires")}</th>
            <th scope="col">
              {t("tokens.used")} <span className={tableCss["soft"]}>({t("tokens.usedNote")})</span>
            </th>
            <th scope="col">
              <span className="visually-hidden">{t("tokens.revoke")}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <th scope="row">{token.name}</th>
              <td>
                <code>{token.prefix}…</code>
              </td>
              <td>
                {token.person} {token.service ? <span className={tableCss["soft"]}>({t("team.service")})</span> : null}
              </td>
              <td>{t(`roles.${token.role}`)}</td>
              <td className={tableCss["nowrap"]}>{moment(token.created_at)}</td>
              <td className={tableCss["nowrap"]}>{token.expires_at === null ? t("tokens.endless") : moment(token.expires_at)}</td>
              <td className={tableCss["nowrap"]}>{token.used_at === null ? t("tokens.never") : moment(token.used_at)}</td>
              <td className={tableCss["number"]}>
                <Button small look="danger" onPress={() => setRevoking(token)} testId="revoke">
                  {t("tokens.revoke")}
                  <span className="visually-hidden"> {token.name}</span>
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
      {revoking === null ? null : <RevokeDialog token={revoking} onClose={() => setRevoking(null)} />}
    </>
  );
}

function RevokeDialog({ token, onClose }: { token: Token; onClose: () => void }) {
  const { t } = useTranslation();
  const revoke = useRevokeToken(onClose);
  return (
    <Dialog title={t("tokens.revokeTitle", { name: token.name })} open onClose={onClose} question>
      <p>{t("tokens.revokeText")}</p>
      {revoke.error ? <ErrorNotice error={revoke.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("tokens.keep")}</Button>
        <Button look="danger" pending={revoke.isPending} onPress={() => revoke.mutate(token.id)} testId="confirm-revoke">
          {t("tokens.revoke")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
