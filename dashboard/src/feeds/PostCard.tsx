import { useState, type SubmitEvent } from "react";
import { useTranslation } from "react-i18next";

import type { Feed } from "../api/types";
import { mayWrite, useSession } from "../projects/session";
import { Button } from "../ui/Button";
import { Card } from "../ui/Card";
import { SelectField, TextField } from "../ui/forms/Field";
import { ErrorNotice } from "../ui/Notice";
import { usePostRows } from "./api";
import css from "./Feeds.module.css";
import { rowOf } from "./rows";

/** Feeds with more columns are filled by programs. */
const MOST_COLUMNS = 12;

/** Form that appends one row. */
export function PostCard({ feed }: { feed: Feed }) {
  const { t } = useTranslation();
  const session = useSession();
  const send = usePostRows(feed.id);
  const [at, setAt] = useState("");
  const [key, setKey] = useState(feed.keys[0] ?? "");
  const [typed, setTyped] = useState<Record<string, string>>({});
  if (!mayWrite(session) || feed.state === "closed" || feed.columns.length > MOST_COLUMNS) return null;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const moment = at === "" ? new Date() : new Date(at);
    send.mutate([rowOf(moment.toISOString(), key, feed.columns, typed)]);
  };
  const taken = send.data;
  return (
    <Card title={t("feeds.post")} note={t("feeds.postNote")}>
      <form onSubmit={submit} className={css["form"]} noValidate data-testid="post-row">
        <div className={css["two"]}>
          <TextField label={t("feeds.time")} hint={t("feeds.timeHint")} isMoment value={at} onChange={setAt} />
          {feed.keys.length === 0 ? null : <SelectField label={t("feeds.key")} value={key} onChange={setKey} options={feed.keys.map((value) => ({ value, label: value }))} />}
          {feed.columns.map((column) => (
            <TextField key={column.name} label={column.name} hint={column.classes?.join(", ")} value={typed[column.name] ?? ""} onChange={(value) => setTyped({ ...typed, [column.name]: value })} mode={column.classes ? "text" : "decimal"} />
          ))}
        </div>
        {send.error ? <ErrorNotice error={send.error} /> : null}
        {taken ? <p role="status">{t("feeds.taken", { numbered: taken.numbered, duplicates: taken.duplicates, held: taken.held })}</p> : null}
        <div>
          <Button type="submit" look="primary" pending={send.isPending}>
            {t("feeds.send")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
