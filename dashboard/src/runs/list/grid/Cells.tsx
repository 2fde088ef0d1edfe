import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import type { Run } from "../../../api/types";
import { UNKNOWN, type Formats } from "../../../language/format";
import { useFormats } from "../../../language/useFormats";
import { usePaths } from "../../../projects/session";
import { Icon } from "../../../ui/Icon";
import { elapsedSeconds } from "../../elapsed";
import { MiniProgress } from "../../MiniProgress";
import { StateBadge } from "../../StateBadge";
import css from "./Cells.module.css";
import type { Column } from "../columns";
import { useProgress } from "../progress";
import { Sparkline } from "./Sparkline";

const SHOWN_TAGS = 2;

/** The name with its link, whether the run is pinned, and its first tags. */
export function NameCell({ run, context: { t, paths } }: { run: Run; context: CellContext }) {
  return (
    <span className={css["name"]}>
      <Link href={paths.run(run.id)} className={css["link"]} tabIndex={-1} title={run.name} dir="auto">
        {run.name}
      </Link>
      {run.pinned ? (
        <span className={css["pin"]} role="img" aria-label={t("runList.pinned")} title={t("runList.pinned")}>
          <Icon name="pin" size={14} />
        </span>
      ) : null}
      <Tags tags={run.tags} most={SHOWN_TAGS} />
    </span>
  );
}

function Tags({ tags, most }: { tags: readonly string[]; most: number }) {
  if (tags.length === 0) return null;
  return (
    <span className={css["tags"]} title={tags.join(", ")}>
      {tags.slice(0, most).map((tag) => (
        <span key={tag} className={css["tag"]} dir="auto">
          {tag}
        </span>
      ))}
      {tags.length > most ? <span className={css["tag"]}>+{tags.length - most}</span> : null}
    </span>
  );
}

/** Context of the cells of a row; read once per row, because hundreds of cells appear in each frame while scrolling. */
export interface CellContext {
  t: TFunction;
  formats: Formats;
  paths: ReturnType<typeof usePaths>;
}

export function cellOf(run: Run, column: Column, { t, formats, paths }: CellContext): ReactNode {
  const { duration, moment, number } = formats;
  if (column.kind === "curve") return <Sparkline curve={run.columns[column.name]} />;
  if (column.kind !== "built") return valueOf(run.columns[column.name], { t, formats });
  switch (column.name) {
    case "state":
      return <StateBadge state={run.state} stopping={run.cancel_requested} />;
    case "plugin":
      return <Text text={run.plugin ?? t(`kinds.${run.kind}`, { defaultValue: run.kind })} />;
    case "kind":
      return <Text text={t(`kinds.${run.kind}`, { defaultValue: run.kind })} />;
    case "model":
      return run.model === null ? UNKNOWN : <Place to={paths.model(run.model)} text={run.model} />;
    case "dataset":
      return run.dataset_name === null ? UNKNOWN : <Place to={paths.dataset(run.dataset_name)} text={run.dataset_name} note={`v${run.dataset_version ?? ""}`} />;
    case "result":
      return <Result run={run} />;
    case "duration":
      return duration(elapsedSeconds(run));
    case "created_at":
      return moment(run.created_at);
    case "started_at":
      return moment(run.started_at);
    case "finished_at":
      return moment(run.finished_at);
    case "tag":
      return <Tags tags={run.tags} most={6} />;
    case "attempt":
      return number(run.attempt);
    default:
      return <code>{run.id}</code>;
  }
}

function Text({ text }: { text: string }) {
  return (
    <span title={text} dir="auto">
      {text}
    </span>
  );
}

function Place({ to, text, note }: { to: string; text: string; note?: string }) {
  return (
    <>
      <Link href={to} tabIndex={-1} title={text} dir="auto">
        {text}
      </Link>
      {note === undefined ? null : <span className={css["soft"]}> {note}</span>}
    </>
  );
}

function valueOf(value: unknown, { t, formats }: Pick<CellContext, "t" | "formats">): ReactNode {
  if (typeof value === "number") return formats.number(value, 6);
  if (typeof value === "boolean") return t(value ? "common.yes" : "common.no");
  return typeof value === "string" ? <Text text={value} /> : UNKNOWN;
}

/** Result: the progress, the error, or the gate's decision above the scores, each next to its baseline. */
function Result({ run }: { run: Run }) {
  const { t } = useTranslation();
  const live = useProgress(run.id);
  if (run.state === "running") {
    const progress = live ?? run.progress;
    return progress.share > 0 || run.scores.length === 0 ? <MiniProgress progress={progress} /> : <Scores run={run} />;
  }
  if (run.error) return <Text text={run.error.message} />;
  const { summary } = run;
  if (summary?.kind !== "train") return run.scores.length === 0 ? <>–</> : <Scores run={run} />;
  const whole = t(`decisions.${summary.headline}`, { approved: summary.approved ?? "–" });
  return (
    <span className={css["result"]} title={whole}>
      <span>{t(`runList.decision.${summary.headline}`, { defaultValue: whole, approved: summary.approved ?? "–" })}</span>
      {run.scores.length === 0 ? null : <Scores run={run} />}
    </span>
  );
}

function Scores({ run }: { run: Run }) {
  const { t } = useTranslation();
  const { number } = useFormats();
  const said = run.scores.map(({ name, value, baseline }) => (baseline == null ? `${name} ${number(value)}` : t("runList.score", { name, value: number(value), baseline: number(baseline) }))).join(" · ");
  return (
    <span className={css["soft"]} title={said}>
      {said}
    </span>
  );
}
