import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation } from "wouter";

import { useFormats } from "../../language/useFormats";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Dialog, DialogActions } from "../../ui/Dialog";
import { ErrorNotice, Loading } from "../../ui/Notice";
import { Table, tableCss } from "../../ui/Table";
import { sessionsQuery, useEndSession, useEndSessions } from "./api";

/** The browsers in which the person is signed in; each session can be ended, or all of them. */
export function SessionsCard() {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const { data, error } = useQuery(sessionsQuery);
  const end = useEndSession();
  const [endingAll, setEndingAll] = useState(false);
  return (
    <Card
      title={t("account.sessions")}
      note={t("account.sessionsNote")}
      actions={
        <Button look="danger" onPress={() => setEndingAll(true)} testId="end-all">
          {t("account.endAll")}
        </Button>
      }
    >
      {error ? <ErrorNotice error={error} /> : null}
      {end.error ? <ErrorNotice error={end.error} /> : null}
      {data === undefined && error === null ? <Loading /> : null}
      {data === undefined ? null : (
        <Table caption={t("account.sessions")} testId="sessions">
          <thead>
            <tr>
              <th scope="col">{t("account.signedIn")}</th>
              <th scope="col">{t("account.method")}</th>
              <th scope="col">
                {t("account.used")} <span className={tableCss["soft"]}>({t("account.usedNote")})</span>
              </th>
              <th scope="col">{t("account.expires")}</th>
              <th scope="col">
                <span className="visually-hidden">{t("account.end")}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((session) => (
              <tr key={session.id}>
                <th scope="row" className={tableCss["nowrap"]}>{moment(session.created_at)}</th>
                <td>{session.method === null ? "–" : t(`account.methods.${session.method}`)}</td>
                <td className={tableCss["nowrap"]}>{session.used_at === null ? "–" : moment(session.used_at)}</td>
                <td className={tableCss["nowrap"]}>{moment(session.expires_at)}</td>
                <td className={tableCss["number"]}>
                  {session.current ? (
                    t("account.current_session")
                  ) : (
                    <Button small look="danger" onPress={() => end.mutate(session.id)} testId="end-session">
                      {t("account.end")}
                      <span className="visually-hidden"> {moment(session.created_at)}</span>
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {endingAll ? <EndAllDialog onClose={() => setEndingAll(false)} /> : null}
    </Card>
  );
}

function EndAllDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const end = useEndSessions(() => navigate("/sign-in", { replace: true }));
  return (
    <Dialog title={t("account.endAllTitle")} open onClose={onClose} question>
      <p>{t("account.endAllText")}</p>
      {end.error ? <ErrorNotice error={end.error} /> : null}
      <DialogActions>
        <Button onPress={onClose}>{t("account.keep")}</Button>
        <Button look="danger" pending={end.isPending} onPress={() => end.mutate()} testId="confirm-end-all">
          {t("account.endAll")}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
