import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useFormats } from "../../language/useFormats";
import { EmptyState } from "../../ui/EmptyState";
import { ErrorNotice } from "../../ui/Notice";
import { Skeleton } from "../../ui/Skeleton";
import { Table, tableCss } from "../../ui/Table";
import { fieldsQuery, groupsQuery } from "./api";
import { columnOf } from "./columns";
import css from "./Dialogs.module.css";
import { useColumnTitle } from "./grid/GridHeader";
import { both, searchOf, type View } from "./view";

/** Metrics that are shown if the view has no column of a metric. */
const FIRST_METRICS = 3;

/** Runs grouped by a config field: their number, and mean, spread and range of the metrics among the columns. */
export function GroupTable({ view }: { view: View }) {
  const { t } = useTranslation();
  const { count, number } = useFormats();
  const title = useColumnTitle();
  const own = view.columns.filter((name) => name.startsWith("metrics."));
  const fields = useQuery(fieldsQuery("", own.length === 0));
  const first = (fields.data?.metrics ?? []).filter((name) => !name.startsWith("system/")).slice(0, FIRST_METRICS);
  const columns = own.length > 0 ? own : first.map((name) => `metrics.${name}`);
  const groups = useQuery({ ...groupsQuery(view, columns), enabled: own.length > 0 || fields.data !== undefined });
  if (groups.error) return <ErrorNotice error={groups.error} />;
  if (groups.data === undefined) return <Skeleton lines={6} />;
  const { groups: found, more, runs } = groups.data;
  if (found.length === 0) return <EmptyState title={t("runList.noMatch")} />;
  return (
    <>
      <Table caption={t("runList.grouped", { field: columnOf(view.group)?.short ?? view.group })} testId="run-groups">
        <thead>
          <tr>
            <th scope="col">{columnOf(view.group)?.short ?? view.group}</th>
            <th scope="col" className={tableCss["number"]}>{t("runs.title")}</th>
            {(found[0]?.columns ?? []).map(({ name }) => {
              const column = columnOf(name);
              return (
                <th key={name} scope="col" className={tableCss["number"]}>
                  {column === null ? name : title(column)}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {found.map((group) => (
            <tr key={group.filter}>
              <th scope="row" className={css["value"]}>
                <Link href={`?${searchOf({ ...view, group: "", filter: both(view.filter, group.filter) })}`} dir="auto">
                  {group.value === null ? t("runList.withoutValue") : typeof group.value === "number" ? number(group.value, 6) : group.value}
                </Link>
              </th>
              <td className={tableCss["number"]}>{count(group.runs)}</td>
              {group.columns.map((column) => (
                <td key={column.name} className={tableCss["number"]}>
                  {column.mean === null ? (
                    "–"
                  ) : (
                    <>
                      {number(column.mean)} {column.spread === null ? "" : `± ${number(column.spread)}`}
                      <br />
                      <span className={css["note"]}>{t("runList.range", { count: column.runs, shown: count(column.runs), low: number(column.lowest), high: number(column.highest) })}</span>
                    </>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </Table>
      <p className={css["note"]}>
        {t("runList.groupNote")} {more ? t("runList.groupsLeftOut", { shown: count(runs) }) : ""}
      </p>
    </>
  );
}
