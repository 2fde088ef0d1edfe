import { useQueryClient } from "@tanstack/react-query";
import { useDeferredValue, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { useLocation, useSearch } from "wouter";

import type { Run } from "../../api/types";
import { useFormats } from "../../language/useFormats";
import { LoopDemoCard } from "../../loop/demo/LoopDemoCard";
import { mayWrite, usePaths, useSession } from "../../projects/session";
import { Button, ButtonLink } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { EmptyState } from "../../ui/EmptyState";
import { Icon } from "../../ui/Icon";
import { ErrorNotice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { Skeleton } from "../../ui/Skeleton";
import { faultOf, listQuery } from "./api";
import { BulkBar } from "./BulkBar";
import { ColumnChooser } from "./ColumnChooser";
import { columnOf } from "./columns";
import { FilterLine } from "./filter/FilterLine";
import { GroupChooser } from "./GroupChooser";
import { GroupTable } from "./GroupTable";
import { ProgressContext } from "./progress";
import { RunGrid } from "./grid/RunGrid";
import css from "./RunsPage.module.css";
import { all, NOTHING, type Selection } from "./selection";
import { useBulk } from "./useBulk";
import { useRunList } from "./useRunList";
import { ViewsMenu } from "./ViewsMenu";
import { pressSort, readView, searchOf, sortKeys, STATES, type View } from "./view";

/** If there are more runs than this, the demo is no longer offered. */
const FEW = 8;

export default function RunsPage() {
  const { t } = useTranslation();
  const { count } = useFormats();
  const paths = usePaths();
  const session = useSession();
  const client = useQueryClient();
  const [location, navigate] = useLocation();
  const search = useSearch();
  const view = useMemo(() => readView(search), [search]);
  const list = useRunList(view);
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [dialog, setDialog] = useState<"columns" | "group" | null>(null);
  const bulk = useBulk(list, (action, { done }) => {
    if (action.kind === "delete") setSelection((before) => new Map([...before].filter(([id]) => !done.includes(id))));
  });

  const show = (next: View, replace = false) => {
    const query = searchOf(next);
    navigate(query === "" ? location : `${location}?${query}`, { replace });
  };
  const change = (fields: Partial<View>) => show({ ...view, ...fields });
  /** The list is read first, so that a filter that the API refuses changes nothing. */
  const apply = async (filter: string, typing: boolean) => {
    const next = { ...view, filter: filter.trim() };
    if (next.filter === view.filter && list.error === null) return;
    await client.infiniteQuery(listQuery(next));
    show(next, typing);
  };

  const columns = useMemo(() => view.columns.flatMap((name) => columnOf(name) ?? []), [view.columns]);
  const runs = useDeferredValue(list.runs);
  const filtered = view.filter !== "" || view.state !== null;
  const plain = !filtered && view.group === "";
  return (
    <Page
      title={t("runs.title")}
      actions={
        mayWrite(session) ? (
          <ButtonLink to={paths.newRun()} look="primary" testId="new-run">
            <Icon name="plus" />
            {t("runs.new")}
          </ButtonLink>
        ) : null
      }
    >
      <div data-testid="runs-list">
        <Card>
          <div className={css["stack"]}>
            <FilterLine value={view.filter} onApply={apply} error={list.error} values={(field) => valuesOf(list.runs, field)} />
            <div className={css["controls"]}>
              <label className={css["control"]}>
                <span>{t("runs.filter")}</span>
                <select value={view.state ?? ""} onChange={(event) => change({ state: STATES.find((state) => state === event.target.value) ?? null })} data-testid="state-filter">
                  <option value="">{t("runs.all")}</option>
                  {STATES.map((name) => (
                    <option key={name} value={name}>
                      {t(`states.${name}`)}
                    </option>
                  ))}
                </select>
              </label>
              <label className={css["control"]}>
                <input type="checkbox" checked={view.trials} data-testid="show-trials" onChange={(event) => change({ trials: event.target.checked })} />
                <span>{t("runs.trials")}</span>
              </label>
              <p className={css["total"]} role="status" data-testid="runs-total">
                {list.total === null ? "" : t(filtered ? "runList.matching" : "runList.total", { count: list.total, shown: count(list.total) })}
              </p>
              <span className={css["end"]}>
                {list.outdated ? (
                  <Button onPress={list.reload} testId="show-newest">
                    {t("runList.outdated")}
                  </Button>
                ) : null}
                <Button onPress={() => setDialog("columns")} testId="choose-columns">
                  <Icon name="columns" size={16} />
                  {t("runList.columnsButton")}
                </Button>
                <Button onPress={() => setDialog("group")} testId="group-runs">
                  {view.group === "" ? t("runList.group") : t("runList.groupedBy", { field: columnOf(view.group)?.short ?? view.group })}
                </Button>
                <ViewsMenu search={searchOf(view)} />
              </span>
            </div>
            {list.error && faultOf(list.error, view.filter) === null ? <ErrorNotice error={list.error} /> : null}
            {view.group !== "" ? (
              <GroupTable view={view} />
            ) : !list.loaded ? (
              list.error ? null : <Skeleton lines={8} />
            ) : list.runs.length === 0 ? (
              <NoRuns filtered={filtered} onReset={() => change({ filter: "", state: null })} />
            ) : (
              <ProgressContext value={list.progress}>
                <RunGrid
                  runs={runs}
                  total={list.total}
                  columns={columns}
                  sort={sortKeys(view.sort)}
                  selection={selection}
                  hasMore={list.hasMore}
                  onSort={(name, add) => change({ sort: pressSort(view.sort, name, add) })}
                  onSelect={setSelection}
                  onSelectAll={() => setSelection(all(selection, list.runs))}
                  onMore={list.loadMore}
                />
              </ProgressContext>
            )}
            {selection.size > 0 ? <BulkBar view={view} runs={list.runs} total={view.group === "" ? list.total : null} selection={selection} bulk={bulk} onSelect={setSelection} /> : null}
          </div>
        </Card>
      </div>
      {dialog === "columns" ? (
        <ColumnChooser
          columns={view.columns}
          onClose={() => setDialog(null)}
          onChoose={(chosen) => {
            setDialog(null);
            change({ columns: chosen });
          }}
        />
      ) : null}
      {dialog === "group" ? (
        <GroupChooser
          field={view.group}
          onClose={() => setDialog(null)}
          onChoose={(group) => {
            setDialog(null);
            change({ group });
          }}
        />
      ) : null}
      {list.loaded && plain ? <LoopDemoCard offered={list.runs.length <= FEW} /> : null}
    </Page>
  );
}

function NoRuns({ filtered, onReset }: { filtered: boolean; onReset: () => void }) {
  const { t } = useTranslation();
  const paths = usePaths();
  if (filtered) {
    return (
      <EmptyState title={t("runList.noMatch")} text={t("runList.noMatchNext")}>
        <Button onPress={onReset} testId="reset-filter">{t("runList.showAll")}</Button>
      </EmptyState>
    );
  }
  return (
    <EmptyState title={t("runs.none")} text={t("runs.noneNext")}>
      <ButtonLink to={paths.newRun()}>{t("runs.first")}</ButtonLink>
    </EmptyState>
  );
}

/** Values of a field among the loaded runs, for completion. */
function valuesOf(runs: readonly Run[], field: string): readonly string[] {
  const read: Record<string, (run: Run) => readonly (string | null)[]> = {
    name: (run) => [run.name],
    id: (run) => [run.id],
    kind: (run) => [run.kind],
    plugin: (run) => [run.plugin],
    dataset: (run) => [run.dataset_name],
    model: (run) => [run.model],
    tag: (run) => run.tags,
  };
  const values = read[field] ?? ((run: Run) => (typeof run.columns[field] === "string" || typeof run.columns[field] === "number" ? [String(run.columns[field])] : []));
  return [...new Set(runs.slice(0, 1000).flatMap((run) => values(run).filter((value) => value !== null)))].slice(0, 50);
}
