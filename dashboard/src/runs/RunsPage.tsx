import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useSearchParams } from "wouter";

import type { Run, RunState } from "../api/types";
import { LoopDemoCard } from "../loop/demo/LoopDemoCard";
import { useFormats } from "../language/useFormats";
import { mayWrite, usePaths, useSession } from "../projects/session";
import { useTitle } from "../routing/useTitle";
import { Button, ButtonLink } from "../ui/Button";
import { Card, PageHead } from "../ui/Card";
import { Icon } from "../ui/Icon";
import { Empty, ErrorNotice, Loading } from "../ui/Notice";
import { Table, tableCss } from "../ui/Table";
import { runsQuery } from "./api";
import { elapsedSeconds } from "./elapsed";
import { MiniProgress } from "./MiniProgress";
import css from "./RunsPage.module.css";
import { StateBadge } from "./StateBadge";

const STATES: readonly RunState[] = ["running", "queued", "succeeded", "failed", "cancelled", "quarantined"];

/** If there are more runs than this, the demo is no longer offered. */
const FEW = 8;

export default function RunsPage() {
  const { t } = useTranslation();
  const paths = usePaths();
  const session = useSession();
  const [search, setSearch] = useSearchParams();
  const state = STATES.find((known) => known === search.get("state")) ?? null;
  const after = search.get("after");
  const trials = search.get("trials") === "1";
  const page = useQuery(runsQuery(state, after, trials));
  const chosen = (next: { state?: string; trials?: boolean }) => {
    const wanted = { state: next.state ?? state ?? "", trials: (next.trials ?? trials) ? "1" : "" };
    return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ""));
  };
  useTitle(t("runs.title"));

  return (
    <div data-testid="runs-list">
      <PageHead title={t("runs.title")}>
        {mayWrite(session) ? (
          <ButtonLink to={paths.newRun()} look="primary" testId="new-run">
            <Icon name="plus" />
            {t("runs.new")}
          </ButtonLink>
        ) : null}
      </PageHead>
      <Card>
        <label className={css["filter"]}>
          <span>{t("runs.filter")}</span>
          <select value={state ?? ""} onChange={(event) => setSearch(chosen({ state: event.target.value }))}>
            <option value="">{t("runs.all")}</option>
            {STATES.map((name) => (
              <option key={name} value={name}>
                {t(`states.${name}`)}
              </option>
            ))}
          </select>
        </label>
        <label className={css["filter"]}>
          <input type="checkbox" checked={trials} data-testid="show-trials" onChange={(event) => setSearch(chosen({ trials: event.target.checked }))} />
          <span>{t("runs.trials")}</span>
        </label>
        {page.error ? <ErrorNotice error={page.error} /> : null}
        {page.data === undefined && !page.error ? <Loading /> : null}
        {page.data?.items.length === 0 ? <NoRuns filtered={state !== null} /> : null}
        {page.data !== undefined && page.data.items.length > 0 ? <RunTable runs={page.data.items} /> : null}
        {after !== null || page.data?.next ? (
          <div className={css["paging"]}>
            <Button disabled={after === null} onPress={() => window.history.back()}>
              <Icon name="left" size={16} />
              {t("runs.newer")}
            </Button>
            <Button disabled={!page.data?.next} onPress={() => setSearch({ ...chosen({}), after: page.data?.next ?? "" })}>
              {t("runs.older")}
              <Icon name="right" size={16} />
            </Button>
          </div>
        ) : null}
      </Card>
      {page.data !== undefined && state === null && after === null ? <LoopDemoCard offered={page.data.items.length <= FEW} /> : null}
    </div>
  );
}

function NoRuns({ filtered }: { filtered: boolean }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (filtered) return <Empty title={t("runs.noneInState")} />;
  return (
    <Empty title={t("runs.none")}>
      <p>{t("runs.noneNext")}</p>
      <ButtonLink to={paths.newRun()}>{t("runs.first")}</ButtonLink>
    </Empty>
  );
}

function RunTable({ runs }: { runs: readonly Run[] }) {
  const { t } = useTranslation();
  const paths = usePaths();
  const [chosen, setChosen] = useState<readonly string[]>([]);
  return (
    <>
    {chosen.length > 1 ? <ButtonLink to={paths.comparison(chosen)} testId="compare-runs">{t("comparison.compare")}</ButtonLink> : null}
    <Table caption={t("runs.title")}>
      <thead>
        <tr>
          <th scope="col">
            <span className="visually-hidden">{t("comparison.choose")}</span>
          </th>
          <th scope="col">{t("runs.name")}</th>
          <th scope="col">{t("runs.state")}</th>
          <th scope="col">{t("runs.plugin")}</th>
          <th scope="col">{t("runs.dataset")}</th>
          <th scope="col">{t("runs.result")}</th>
          <th scope="col" className={tableCss["number"]}>{t("runs.took")}</th>
          <th scope="col" className={tableCss["number"]}>{t("runs.created")}</th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <RunRow
            key={run.id}
            run={run}
            chosen={chosen.includes(run.id)}
            onChoose={(on) => setChosen((before) => (on ? [...before, run.id] : before.filter((id) => id !== run.id)))}
          />
        ))}
      </tbody>
    </Table>
    </>
  );
}

function RunRow({ run, chosen, onChoose }: { run: Run; chosen: boolean; onChoose: (on: boolean) => void }) {
  const { t } = useTranslation();
  const { duration, moment } = useFormats();
  const paths = usePaths();
  return (
    <tr>
      <td>
        <input type="checkbox" checked={chosen} aria-label={t("comparison.chosen", { name: run.name })} onChange={(event) => onChoose(event.target.checked)} />
      </td>
      <th scope="row">
        <Link href={paths.run(run.id)}>{run.name}</Link>
      </th>
      <td>
        <StateBadge state={run.state} stopping={run.cancel_requested} />
      </td>
      <td className={tableCss["soft"]}>{run.plugin ?? t(`kinds.${run.kind}`, { defaultValue: run.kind })}</td>
      <td>
        {run.dataset_name ? (
          <>
            <Link href={paths.dataset(run.dataset_name)}>{run.dataset_name}</Link>{" "}
            <span className={tableCss["soft"]}>v{run.dataset_version}</span>
          </>
        ) : (
          "–"
        )}
      </td>
      <td className={css["result"]}>
        <Result run={run} />
      </td>
      <td className={tableCss["number"]}>{duration(elapsedSeconds(run))}</td>
      <td className={`${tableCss["number"]} ${tableCss["soft"]}`}>{moment(run.created_at)}</td>
    </tr>
  );
}

/** Result in one line: the progress, the gate's decision, or the error. */
function Result({ run }: { run: Run }) {
  const { t } = useTranslation();
  if (run.state === "running") return <MiniProgress progress={run.progress} />;
  if (run.error) return <span title={run.error.message}>{run.error.message}</span>;
  const { summary } = run;
  if (summary?.kind === "train") return <>{t(`decisions.${summary.headline}`, { approved: summary.approved ?? "–" })}</>;
  return <>–</>;
}
