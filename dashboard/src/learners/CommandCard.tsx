import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Learner } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { useCommand } from "./api";
import css from "./Learners.module.css";

/** Form that sends a command of the plugin's own. */
export function CommandCard({ learner }: { learner: Learner }) {
  const { t } = useTranslation();
  const session = useSession();
  const send = useCommand(learner.id);
  const [action, setAction] = useState("");
  const [body, setBody] = useState("");
  const fields = objectOf(body);
  if (!mayWrite(session) || learner.state === "ended") return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    if (fields !== null && action.trim() !== "") send.mutate({ action: action.trim(), body: fields });
  };
  return (
    <Card title={t("learners.command")} note={t("learners.commandNote")}>
      <form onSubmit={submit} className={css["form"]} noValidate data-testid="send-command">
        <div className={css["two"]}>
          <TextField label={t("learners.action")} value={action} onChange={setAction} />
          <TextField label={t("learners.body")} hint={t("learners.bodyHint")} value={body} onChange={setBody} error={fields === null ? t("learners.bodyWrong") : undefined} />
        </div>
        {send.error ? <ErrorNotice error={send.error} /> : null}
        {send.data ? <p role="status">{t("learners.sent", { number: send.data.number })}</p> : null}
        <div>
          <Button type="submit" look="primary" pending={send.isPending}>
            {t("learners.send")}
          </Button>
        </div>
      </form>
    </Card>
  );
}

/** The JSON object of a text; nothing is an empty one, and anything else null. */
function objectOf(text: string): Record<string, never> | null {
  if (text.trim() === "") return {};
  try {
    const found: unknown = JSON.parse(text);
    return typeof found === "object" && found !== null && !Array.isArray(found) ? (found as Record<string, never>) : null;
  } catch {
    return null;
  }
}
