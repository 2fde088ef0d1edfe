import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useDeferredValue, useState } from "react";
import { useTranslation } from "react-i18next";

import { address, part } from "../../../api/client";
import type { RunDetail } from "../../../api/types";
import { useFormats } from "../../../language/useFormats";
import { useSession } from "../../../projects/session";
import { Button } from "../../../ui/Button";
import { Card } from "../../../ui/Card";
import text from "../../../ui/Content.module.css";
import { CheckField, SelectField, TextField } from "../../../ui/forms/Field";
import { ErrorNotice, Loading } from "../../../ui/Notice";
import { hasEnded } from "../../live";
import { logQuery, searchQuery, type Level } from "./api";
import { LogLines } from "./LogLines";
import css from "./Logs.module.css";

const LEVELS = ["all", "debug", "info", "warning", "error"] as const;

/** The output of the run's processes, live, with search and levels. */
export function LogsTab({ run }: { run: RunDetail }) {
  const { t } = useTranslation();
  const { bytes, count } = useFormats();
  const { slug } = useSession();
  const [attempt, setAttempt] = useState<number | null>(null);
  const [typed, setTyped] = useState("");
  const [level, setLevel] = useState<(typeof LEVELS)[number]>("all");
  const [follow, setFollow] = useState(true);
  const [goTo, setGoTo] = useState<number | null>(null);
  const search = useDeferredValue(typed);
  const log = useQuery(logQuery(run.id, attempt, run.state));
  if (log.error) return <ErrorNotice error={log.error} />;
  if (!log.data) return <Loading />;
  const { data } = log;
  const searching = search.trim() !== "" || level !== "all";
  const stored = run.artifacts.find(({ name }) => name === `log-${data.attempt}.txt`);
  if (data.total_lines === 0 && data.attempts.length === 0) {
    return (
      <Card title={t("runLogs.title")}>
        <p className={text["soft"]} data-testid="log-empty">{t(run.kind === "external" ? "runLogs.external" : hasEnded(run.state) ? "runLogs.none" : "runLogs.empty")}</p>
      </Card>
    );
  }
  return (
    <Card
      title={t("runLogs.title")}
      note={t("runLogs.lines", { count: data.total_lines, shown: count(data.total_lines), size: bytes(data.bytes) })}
      actions={
        stored ? (
          <a href={address(`/runs/${part(run.id)}/artifacts/${part(stored.name)}`, { project: slug })} download>
            {t("runLogs.download")}
          </a>
        ) : null
      }
    >
      <div className={css["controls"]}>
        <TextField label={t("runLogs.search")} value={typed} onChange={setTyped} testId="log-search" />
        <SelectField label={t("runLogs.level")} value={level} onChange={setLevel} options={LEVELS.map((value) => ({ value, label: t(`runLogs.levels.${value}`) }))} testId="log-level" />
        {data.attempts.length > 1 ? (
          <SelectField label={t("runLogs.attempt")} value={String(data.attempt)} onChange={(value) => setAttempt(Number(value))} options={data.attempts.map((number) => ({ value: String(number), label: t("runLogs.attemptNo", { number: count(number) }) }))} />
        ) : null}
        {data.open ? <CheckField label={t("runLogs.follow")} checked={follow} onChange={setFollow} /> : null}
      </div>
      {searching ? (
        <Found
          id={run.id}
          attempt={data.attempt}
          search={search.trim()}
          level={level === "all" ? null : level}
          onGo={(number) => {
            setTyped("");
            setLevel("all");
            setFollow(false);
            setGoTo(number);
          }}
        />
      ) : (
        <LogLines key={data.attempt} id={run.id} attempt={data.attempt} total={data.total_lines} follow={data.open && follow} goTo={goTo} />
      )}
    </Card>
  );
}

/** The lines that a search found; each leads to its place in the log. */
function Found({ id, attempt, search, level, onGo }: { id: string; attempt: number; search: string; level: Level | null; onGo: (number: number) => void }) {
  const { t } = useTranslation();
  const { count } = useFormats();
  const query = useInfiniteQuery(searchQuery(id, attempt, search, level, true));
  const lines = query.data?.pages.flatMap((page) => page.lines) ?? [];
  if (query.error) return <ErrorNotice error={query.error} />;
  return (
    <>
      <p className={text["soft"]} role="status" data-testid="log-found">
        {query.isPending ? t("common.loading") : lines.length === 0 ? t("runLogs.nothing") : t("runLogs.found", { count: lines.length, shown: count(lines.length) })}
      </p>
      <ol className={css["found"]}>
        {lines.map((line) => (
          <li key={line.number} className={`${css["row"]} ${line.level ? (css[line.level] ?? "") : ""}`}>
            <button type="button" className={css["number"]} aria-label={t("runLogs.goTo", { number: count(line.number + 1) })} onClick={() => onGo(line.number)}>
              {count(line.number + 1)}
            </button>
            <span className={css["text"]}>{line.text}</span>
          </li>
        ))}
      </ol>
      {query.hasNextPage ? (
        <Button pending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
          {t("runLogs.more")}
        </Button>
      ) : null}
    </>
  );
}
