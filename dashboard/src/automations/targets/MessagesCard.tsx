import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";

import type { Notification } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { mayWrite, useSession } from "../../projects/session";
import { Badge } from "../../ui/Badge";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { ErrorNotice } from "../../ui/Notice";
import { Table } from "../../ui/Table";
import { messagesQuery, useAcknowledge } from "./api";

/** The newest messages with their state. */
export function MessagesCard() {
  const { t } = useTranslation();
  const session = useSession();
  const messages = useQuery(messagesQuery);
  if (messages.error) return <ErrorNotice error={messages.error} />;
  if (messages.data === undefined || messages.data.length === 0) return null;
  return (
    <Card title={t("targets.messages")} testId="messages-card">
      <Table caption={t("targets.messages")}>
        <thead>
          <tr>
            <th scope="col">{t("targets.message")}</th>
            <th scope="col">{t("targets.target")}</th>
            <th scope="col">{t("automations.state")}</th>
            {mayWrite(session) ? <th scope="col">{t("automations.actions")}</th> : null}
          </tr>
        </thead>
        <tbody>
          {messages.data.map((message) => (
            <MessageRow key={message.id} message={message} writer={mayWrite(session)} />
          ))}
        </tbody>
      </Table>
    </Card>
  );
}

function MessageRow({ message, writer }: { message: Notification; writer: boolean }) {
  const { t } = useTranslation();
  const { moment } = useFormats();
  const acknowledge = useAcknowledge(message.id);
  return (
    <tr>
      <th scope="row">
        {message.title} {message.count > 1 ? `×${message.count}` : ""}
        <br />
        {moment(message.created_at)}
      </th>
      <td>{message.target}</td>
      <td>
        <Badge tone={message.state === "failed" ? "bad" : "quiet"}>{t(`targets.states.${message.state}`)}</Badge> {message.error ?? ""}
      </td>
      {writer ? (
        <td>
          {message.acknowledged_at === null ? (
            <Button small pending={acknowledge.isPending} onPress={() => acknowledge.mutate()} testId="acknowledge">
              {t("targets.acknowledge")}
            </Button>
          ) : (
            t("targets.acknowledged")
          )}
        </td>
      ) : null}
    </tr>
  );
}
